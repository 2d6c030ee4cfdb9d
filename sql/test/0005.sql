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
insert into migration (number, name, checksum, applied_at_ms) values (3, 'outside_notices', '3AUgtaQFrlvB-x7H72PXrFg01fHDbC2CANMlUYFblZ0', 1795426200123);
insert into migration (number, name, checksum, applied_at_ms) values (4, 'housekeeping', 'Ub-TVFRwEMVwPQXA09-lyKjbNzDZuomG01a8pKc3WFo', 1795426200123);
insert into migration (number, name, checksum, applied_at_ms) values (5, 'pages_side_by_side', 'pXyOOHSdmi4ZPmjeINy_tfEBGYTB15XFCK0S_glxBsw', 1795426200123);
CREATE TABLE life (
    one integer primary key check (one = 1),
    epoch text not null
) strict;
insert into life (one, epoch) values (1, '6b6fa0c1f205fca3');
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
insert into user (user_id, username, skeleton, password, img, role, state, created_at_ms) values (1, 'alice', 'alice', 'otklik-v1$2b$04$GNDi2syX6GzYPPA.CCjDburKuEe8clO10omzKYeatSWcmBmtj3ggq', 'https://img.example/a.png', 'user', 'active', 1795426200123);
insert into user (user_id, username, skeleton, password, img, role, state, created_at_ms) values (2, 'bob', 'bob', 'otklik-v1$2b$04$KQeLf06hxp5RSPQNpM6Etucle.U/QtIboUWGpR0qU6J9o3TfB7oVi', NULL, 'moderator', 'active', 1795426200123);
insert into user (user_id, username, skeleton, password, img, role, state, created_at_ms) values (3, 'root', 'root', 'otklik-v1$2b$04$BCnw5SdOxHncDz6uXW2xmOwf.c7GQjacuMohsGbw4V8PKslLmxPUO', NULL, 'admin', 'active', 1795426200123);
insert into user (user_id, username, skeleton, password, img, role, state, created_at_ms) values (4, 'eve', 'eve', 'otklik-v1$2b$04$wO8yxf5.7OR/zEZEEA.ysugAkWGKbfIKRTn986PTk5e.eUgqRL3wa', NULL, 'user', 'banned', 1795426200123);
CREATE TABLE token (
    digest blob primary key check (length(digest) = 32),
    user_id integer not null references user (user_id) on delete cascade,
    created_at_ms integer not null,
    expires_at_ms integer not null
) strict, without rowid;
insert into token (digest, user_id, created_at_ms, expires_at_ms) values (X'386A676EF0D921DAE72286D8A05225A74E9DE1836F76A6B4A0C721EA4A69D3A1', 1, 1795426200123, 1798018200123);
insert into token (digest, user_id, created_at_ms, expires_at_ms) values (X'6477A4F74630FF1A5DD6B71112AC22B80D680885E0899325A71046D1917520E2', 2, 1795426200123, 1798018200123);
insert into token (digest, user_id, created_at_ms, expires_at_ms) values (X'67A927107F83C1E8CF00CA72A9B90492EEE58225745DBE14F8F25B1F9EAAFEDE', 4, 1795426200123, 1798018200123);
insert into token (digest, user_id, created_at_ms, expires_at_ms) values (X'6AAE1A32C5A7C9BFC55AFF5A46EEB3DA89044392FB9349703FC4FB1A4921D47F', 3, 1795426200123, 1798018200123);
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
CREATE TABLE outside_notice (
    notice_id integer primary key autoincrement,
    what text not null check (what in ('role', 'suspended', 'deleted', 'password_changed', 'page')),
    user_id integer,
    page_id integer,
    created_at_ms integer not null,
    check ((what = 'page') = (page_id is not null) and (what = 'page') = (user_id is null))
) strict;
insert into outside_notice (notice_id, what, user_id, page_id, created_at_ms) values (1, 'suspended', 4, NULL, 0);
CREATE INDEX token_by_end on token (expires_at_ms);
CREATE TABLE deleted_text (
    comment_id integer primary key references comment (comment_id) on delete cascade,
    deleted_at_ms integer not null,
    text text not null
) strict;
insert into deleted_text (comment_id, deleted_at_ms, text) values (2, 1795426200123, 'a reply');
insert into deleted_text (comment_id, deleted_at_ms, text) values (4, 1795426200123, 'deleted, and gone from the lists');
CREATE INDEX deleted_text_by_age on deleted_text (deleted_at_ms);
CREATE TABLE last_number (
    one integer primary key check (one = 1),
    comment_id integer not null check (comment_id >= 0)
) strict;
insert into last_number (one, comment_id) values (1, 5);
CREATE TABLE "comment" (
    -- By page, and within it in the order posted: indexes end with it, so it stands for the number in them.
    slot integer primary key check (slot = (page_id << 32) + comment_id),
    -- Above it the next page's slots begin.
    comment_id integer not null check (comment_id between 1 and 4294967295),
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
    -- Since when it is in no list: deleted, and nothing listed under it. Null while it is in one.
    unlisted_at_ms integer,
    -- The page's revision at which anything of the comment last changed,
    rev integer not null default 0,
    -- and at which more than its tally did.
    text_rev integer not null default 0,
    top_rank integer not null default 0,
    controversial_rank integer not null default 0,
    -- What makes posting again safe: the author's key, and what page, parent and text it was for.
    idempotency_key text,
    idempotency_digest blob,
    text text not null,
    constraint comment_id unique (comment_id)
) strict;
insert into comment (slot, comment_id, page_id, parent_id, depth, user_id, created_at_ms, edited_at_ms, state, likes, dislikes, replies, listed_replies, listed, unlisted_at_ms, rev, text_rev, top_rank, controversial_rank, idempotency_key, idempotency_digest, text) values (4294967297, 1, 1, NULL, 0, 1, 1795426200123, 1795426200123, 'shown', 2, 1, 0, 1, 1, NULL, 12, 12, 207654955, 1732, 'k 1', X'CA00E77F6EA845ADFE60DD73806EA7DAAC3E2A0A55154AA62C816A33CC565A7F', 'first, with ''quotes'', "marks" & <tags>
and a second line	with a tab, Ünïcödé and 🦦, edited');
insert into comment (slot, comment_id, page_id, parent_id, depth, user_id, created_at_ms, edited_at_ms, state, likes, dislikes, replies, listed_replies, listed, unlisted_at_ms, rev, text_rev, top_rank, controversial_rank, idempotency_key, idempotency_digest, text) values (4294967298, 2, 1, 1, 1, 2, 1795426200123, NULL, 'deleted', 0, 0, 1, 1, 1, NULL, 12, 12, 0, 0, NULL, NULL, '');
insert into comment (slot, comment_id, page_id, parent_id, depth, user_id, created_at_ms, edited_at_ms, state, likes, dislikes, replies, listed_replies, listed, unlisted_at_ms, rev, text_rev, top_rank, controversial_rank, idempotency_key, idempotency_digest, text) values (4294967299, 3, 1, 2, 2, 4, 1795426200123, NULL, 'shown', 0, 1, 0, 0, 1, NULL, 8, 3, 0, 0, NULL, NULL, 'a reply to it');
insert into comment (slot, comment_id, page_id, parent_id, depth, user_id, created_at_ms, edited_at_ms, state, likes, dislikes, replies, listed_replies, listed, unlisted_at_ms, rev, text_rev, top_rank, controversial_rank, idempotency_key, idempotency_digest, text) values (4294967300, 4, 1, NULL, 0, 1, 1795426200123, NULL, 'deleted', 1, 0, 0, 0, 0, 1795426200123, 11, 11, 206543291, 0, NULL, NULL, '');
insert into comment (slot, comment_id, page_id, parent_id, depth, user_id, created_at_ms, edited_at_ms, state, likes, dislikes, replies, listed_replies, listed, unlisted_at_ms, rev, text_rev, top_rank, controversial_rank, idempotency_key, idempotency_digest, text) values (8589934597, 5, 2, NULL, 0, 2, 1795426200123, NULL, 'shown', 0, 0, 0, 0, 1, NULL, 1, 1, 0, 0, NULL, NULL, 'the last word');
CREATE TABLE "reaction" (
    slot integer not null references comment (slot) on delete cascade,
    user_id integer not null references user (user_id) on delete cascade,
    liked integer not null check (liked in (0, 1)),
    created_at_ms integer not null,
    primary key (slot, user_id)
) strict, without rowid;
insert into reaction (slot, user_id, liked, created_at_ms) values (4294967297, 2, 1, 1795426200123);
insert into reaction (slot, user_id, liked, created_at_ms) values (4294967297, 3, 1, 1795426200123);
insert into reaction (slot, user_id, liked, created_at_ms) values (4294967297, 4, 0, 1795426200123);
insert into reaction (slot, user_id, liked, created_at_ms) values (4294967299, 2, 0, 1795426200123);
insert into reaction (slot, user_id, liked, created_at_ms) values (4294967300, 2, 1, 1795426200123);
CREATE INDEX comment_by_number on comment (page_id, parent_id) where listed = 1;
CREATE INDEX comment_by_top on comment (page_id, parent_id, top_rank) where listed = 1;
CREATE INDEX comment_by_controversial on comment (page_id, parent_id, controversial_rank) where listed = 1;
CREATE INDEX comment_by_rev on comment (page_id, rev);
CREATE UNIQUE INDEX comment_idempotency on comment (user_id, idempotency_key) where idempotency_key is not null;
CREATE INDEX comment_by_parent on comment (parent_id) where parent_id is not null;
CREATE INDEX comment_by_unlisting on comment (unlisted_at_ms) where unlisted_at_ms is not null;
delete from sqlite_sequence;
insert into sqlite_sequence (name, seq) values ('outside_notice', 1);
