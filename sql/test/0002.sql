-- A file as a release left it, with rows of every kind; made by tests/it/upgrade.rs.
pragma foreign_keys = off;
pragma application_id = 1333029740;
CREATE TABLE migration (
    number integer primary key,
    name text not null,
    checksum text not null,
    applied_at_ms integer not null
) strict;
insert into migration (number, name, checksum, applied_at_ms) values (1, 'first', 'FA6jmeUg96xiDywiVP2YKn_12j-83kAvn6HU8Zilu6U', 1795426200123);
insert into migration (number, name, checksum, applied_at_ms) values (2, 'page_tally_and_user_rates', 'SIPfnsodEY45kg-me6rCktXIJF9n1fGqpRdfaE_U03E', 1795426200123);
CREATE TABLE life (
    one integer primary key check (one = 1),
    epoch text not null
) strict;
insert into life (one, epoch) values (1, '3e497fc94fac89f7');
CREATE TABLE site (
    site_id integer primary key,
    name text not null unique
) strict;
insert into site (site_id, name) values (1, 'default');
CREATE TABLE user (
    user_id integer primary key,
    username text not null,
    -- What names that look alike have in common (UTS 39): one user a skeleton.
    skeleton text not null,
    password text not null,
    img text,
    role text not null check (role in ('user', 'moderator', 'admin')),
    state text not null check (state in ('active', 'banned')),
    created_at_ms integer not null,
    constraint user_skeleton unique (skeleton)
) strict;
insert into user (user_id, username, skeleton, password, img, role, state, created_at_ms) values (1, 'alice', 'alice', 'otklik-v1$2b$04$gwmHBhh40fSb8nfinKg9NeubU.4sL75NZUAWJD5BsM5Wa./UNCMOi', 'https://img.example/a.png', 'user', 'active', 1795426200123);
insert into user (user_id, username, skeleton, password, img, role, state, created_at_ms) values (2, 'bob', 'bob', 'otklik-v1$2b$04$lRX4h7A.25Fq.X3L8p.idOjfAedWUOP43osbjp8ItidGx5EOSOtA6', NULL, 'moderator', 'active', 1795426200123);
insert into user (user_id, username, skeleton, password, img, role, state, created_at_ms) values (3, 'root', 'root', 'otklik-v1$2b$04$yQ1nAoPN5EuPtuhsus/OluNz5.jtHCuALDXvL1gu4UsSu2yuaDt/C', NULL, 'admin', 'active', 1795426200123);
insert into user (user_id, username, skeleton, password, img, role, state, created_at_ms) values (4, 'eve', 'eve', 'otklik-v1$2b$04$vMCUJxfjrtL7ZcW/51jqZe9SomBytBaw8ALBGatWvqsFxtA9YfRim', NULL, 'user', 'banned', 1795426200123);
CREATE TABLE token (
    digest blob primary key check (length(digest) = 32),
    user_id integer not null references user (user_id) on delete cascade,
    created_at_ms integer not null,
    expires_at_ms integer not null
) strict, without rowid;
insert into token (digest, user_id, created_at_ms, expires_at_ms) values (X'11A1B1E04ED792794BAB818D0C38B72F2DBC77998F68A1583543D576A0ED552B', 1, 1795426200123, 1798018200123);
insert into token (digest, user_id, created_at_ms, expires_at_ms) values (X'AD119A9D94E5FBF90ED4665A6B987C37AA511C68F75152AA2970706E239DC219', 2, 1795426200123, 1798018200123);
insert into token (digest, user_id, created_at_ms, expires_at_ms) values (X'D6A31C2E2B85FEC1B9F16B9F3B592BF609563AA8588AC01704B058CC3CFD64D3', 4, 1795426200123, 1798018200123);
insert into token (digest, user_id, created_at_ms, expires_at_ms) values (X'F0CD08CF27925496A8C25A9A6DB6F7DB5B71B15F38B44978C0BCE42176456674', 3, 1795426200123, 1798018200123);
CREATE INDEX token_by_user on token (user_id);
CREATE TABLE sign_in_failure (
    name_digest blob primary key check (length(name_digest) = 32),
    count integer not null check (count > 0),
    first_at_ms integer not null,
    last_at_ms integer not null
) strict, without rowid;
insert into sign_in_failure (name_digest, count, first_at_ms, last_at_ms) values (X'2BD806C97F0E00AF1A1FC3328FA763A9269723C8DB8FAC4F93AF71DB186D6E90', 1, 1795426200123, 1795426200123);
CREATE INDEX sign_in_failure_by_age on sign_in_failure (first_at_ms);
CREATE TABLE page (
    page_id integer primary key,
    site_id integer not null references site (site_id),
    key text not null,
    -- Grows by one with each committed batch that changed the page.
    rev integer not null default 0 check (rev >= 0),
    -- Shown comments at all depths.
    total integer not null default 0 check (total >= 0),
    locked integer not null default 0 check (locked in (0, 1)),
    -- The highest revision of a tombstone that was purged: nobody can resume from below it.
    purged_rev integer not null default 0, likes integer not null default 0 check (likes >= 0), dislikes integer not null default 0 check (dislikes >= 0),
    constraint page_key unique (site_id, key)
) strict;
insert into page (page_id, site_id, key, rev, total, locked, purged_rev, likes, dislikes) values (1, 1, '/a', 12, 2, 0, 0, 3, 2);
insert into page (page_id, site_id, key, rev, total, locked, purged_rev, likes, dislikes) values (2, 1, '/locked', 1, 1, 1, 0, 0, 0);
CREATE TABLE comment (
    -- Never used twice: a number that a client remembers must not come to mean another comment.
    comment_id integer primary key autoincrement,
    page_id integer not null references page (page_id),
    parent_id integer references comment (comment_id),
    depth integer not null check (depth >= 0),
    user_id integer not null references user (user_id),
    created_at_ms integer not null,
    edited_at_ms integer,
    state text not null check (state in ('shown', 'deleted')),
    likes integer not null default 0 check (likes >= 0),
    dislikes integer not null default 0 check (dislikes >= 0),
    -- Shown direct replies.
    replies integer not null default 0 check (replies >= 0),
    -- Direct replies that are listed: shown ones, and tombstones with something listed under them.
    listed_replies integer not null default 0 check (listed_replies >= 0),
    -- Shown, or a tombstone with something listed under it.
    listed integer not null check (listed in (0, 1)),
    -- The page's revision at which anything of the comment last changed,
    rev integer not null default 0,
    -- and at which more than its tally did.
    text_rev integer not null default 0,
    top_rank integer not null default 0,
    controversial_rank integer not null default 0,
    -- What makes posting again safe: the author's key, and what page, parent and text it was for.
    idempotency_key text,
    idempotency_digest blob,
    text text not null
) strict;
insert into comment (comment_id, page_id, parent_id, depth, user_id, created_at_ms, edited_at_ms, state, likes, dislikes, replies, listed_replies, listed, rev, text_rev, top_rank, controversial_rank, idempotency_key, idempotency_digest, text) values (1, 1, NULL, 0, 1, 1795426200123, 1795426200123, 'shown', 2, 1, 0, 1, 1, 12, 12, 207654955, 1732, 'k 1', X'CA00E77F6EA845ADFE60DD73806EA7DAAC3E2A0A55154AA62C816A33CC565A7F', 'first, with ''quotes'', "marks" & <tags>
and a second line	with a tab, Ünïcödé and 🦦, edited');
insert into comment (comment_id, page_id, parent_id, depth, user_id, created_at_ms, edited_at_ms, state, likes, dislikes, replies, listed_replies, listed, rev, text_rev, top_rank, controversial_rank, idempotency_key, idempotency_digest, text) values (2, 1, 1, 1, 2, 1795426200123, NULL, 'deleted', 0, 0, 1, 1, 1, 12, 12, 0, 0, NULL, NULL, '');
insert into comment (comment_id, page_id, parent_id, depth, user_id, created_at_ms, edited_at_ms, state, likes, dislikes, replies, listed_replies, listed, rev, text_rev, top_rank, controversial_rank, idempotency_key, idempotency_digest, text) values (3, 1, 2, 2, 4, 1795426200123, NULL, 'shown', 0, 1, 0, 0, 1, 8, 3, 0, 0, NULL, NULL, 'a reply to it');
insert into comment (comment_id, page_id, parent_id, depth, user_id, created_at_ms, edited_at_ms, state, likes, dislikes, replies, listed_replies, listed, rev, text_rev, top_rank, controversial_rank, idempotency_key, idempotency_digest, text) values (4, 1, NULL, 0, 1, 1795426200123, NULL, 'deleted', 1, 0, 0, 0, 0, 11, 11, 206543291, 0, NULL, NULL, '');
insert into comment (comment_id, page_id, parent_id, depth, user_id, created_at_ms, edited_at_ms, state, likes, dislikes, replies, listed_replies, listed, rev, text_rev, top_rank, controversial_rank, idempotency_key, idempotency_digest, text) values (5, 2, NULL, 0, 2, 1795426200123, NULL, 'shown', 0, 0, 0, 0, 1, 1, 1, 0, 0, NULL, NULL, 'the last word');
CREATE INDEX comment_by_number on comment (page_id, parent_id, comment_id) where listed = 1;
CREATE INDEX comment_by_top on comment (page_id, parent_id, top_rank, comment_id) where listed = 1;
CREATE INDEX comment_by_controversial on comment (page_id, parent_id, controversial_rank, comment_id) where listed = 1;
CREATE INDEX comment_by_rev on comment (page_id, rev);
CREATE UNIQUE INDEX comment_idempotency on comment (user_id, idempotency_key) where idempotency_key is not null;
CREATE INDEX comment_by_parent on comment (parent_id) where parent_id is not null;
CREATE TABLE reaction (
    comment_id integer not null references comment (comment_id) on delete cascade,
    user_id integer not null references user (user_id) on delete cascade,
    liked integer not null check (liked in (0, 1)),
    created_at_ms integer not null,
    primary key (comment_id, user_id)
) strict, without rowid;
insert into reaction (comment_id, user_id, liked, created_at_ms) values (1, 2, 1, 1795426200123);
insert into reaction (comment_id, user_id, liked, created_at_ms) values (1, 3, 1, 1795426200123);
insert into reaction (comment_id, user_id, liked, created_at_ms) values (1, 4, 0, 1795426200123);
insert into reaction (comment_id, user_id, liked, created_at_ms) values (3, 2, 0, 1795426200123);
insert into reaction (comment_id, user_id, liked, created_at_ms) values (4, 2, 1, 1795426200123);
CREATE TABLE user_rate (
    user_id integer not null references user (user_id) on delete cascade,
    act text not null check (act in ('post', 'react')),
    -- When all that was taken is given back.
    whole_at_ms integer not null,
    primary key (user_id, act)
) strict, without rowid;
insert into user_rate (user_id, act, whole_at_ms) values (1, 'post', 1795426206183);
insert into user_rate (user_id, act, whole_at_ms) values (2, 'post', 1795426206183);
insert into user_rate (user_id, act, whole_at_ms) values (2, 'react', 1795426206183);
insert into user_rate (user_id, act, whole_at_ms) values (3, 'react', 1795426206183);
insert into user_rate (user_id, act, whole_at_ms) values (4, 'post', 1795426206183);
insert into user_rate (user_id, act, whole_at_ms) values (4, 'react', 1795426206183);
delete from sqlite_sequence;
insert into sqlite_sequence (name, seq) values ('comment', 5);
