-- The first schema: pages and comments with revisions, users with tokens, reactions one row a user and comment.

-- The name of the data's life: revisions of another life must not be compared.
create table life (
    one integer primary key check (one = 1),
    epoch text not null
) strict;

insert into life (one, epoch) values (1, lower(hex(randomblob(8))));

-- Several sites on one server will come: a page's key is unique within its site.
create table site (
    site_id integer primary key,
    name text not null unique
) strict;

insert into site (site_id, name) values (1, 'default');

create table user (
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

-- Tokens are kept as their SHA-256 alone: the file does not sign anybody in.
create table token (
    digest blob primary key check (length(digest) = 32),
    user_id integer not null references user (user_id) on delete cascade,
    created_at_ms integer not null,
    expires_at_ms integer not null
) strict, without rowid;

create index token_by_user on token (user_id);

-- Failed sign-ins by name as submitted, existing or not; kept for a day, over restarts too.
create table sign_in_failure (
    name_digest blob primary key check (length(name_digest) = 32),
    count integer not null check (count > 0),
    first_at_ms integer not null,
    last_at_ms integer not null
) strict, without rowid;

create index sign_in_failure_by_age on sign_in_failure (first_at_ms);

create table page (
    page_id integer primary key,
    site_id integer not null references site (site_id),
    key text not null,
    -- Grows by one with each committed batch that changed the page.
    rev integer not null default 0 check (rev >= 0),
    -- Shown comments at all depths.
    total integer not null default 0 check (total >= 0),
    locked integer not null default 0 check (locked in (0, 1)),
    -- The highest revision of a tombstone that was purged: nobody can resume from below it.
    purged_rev integer not null default 0,
    constraint page_key unique (site_id, key)
) strict;

create table comment (
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

create index comment_by_number on comment (page_id, parent_id, comment_id) where listed = 1;

create index comment_by_top on comment (page_id, parent_id, top_rank, comment_id) where listed = 1;

create index comment_by_controversial on comment (page_id, parent_id, controversial_rank, comment_id) where listed = 1;

-- "What changed since revision r" is a range of this.
create index comment_by_rev on comment (page_id, rev);

create unique index comment_idempotency on comment (user_id, idempotency_key) where idempotency_key is not null;

-- A reply's parent is looked up when a comment is purged.
create index comment_by_parent on comment (parent_id) where parent_id is not null;

-- One row a user and comment; the tallies in `comment` are its sums, kept in the same transaction.
create table reaction (
    comment_id integer not null references comment (comment_id) on delete cascade,
    user_id integer not null references user (user_id) on delete cascade,
    liked integer not null check (liked in (0, 1)),
    created_at_ms integer not null,
    primary key (comment_id, user_id)
) strict, without rowid;
