-- A page's comments lie side by side in the file, and so do the reactions to them: what opens a page reads a few of the
-- file's pages that follow one another, not one a comment, whatever else was posted in between.

-- The last number that a comment was given. Never used twice: a number that a client remembers must not come to mean
-- another comment.
create table last_number (
    one integer primary key check (one = 1),
    comment_id integer not null check (comment_id >= 0)
) strict;

insert into last_number (
    one,
    comment_id
)
select
    1,
    max(
        coalesce((select seq from sqlite_sequence where name = 'comment'), 0),
        coalesce((select max(comment_id) from comment), 0)
    );

create table new_comment (
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

-- Page by page: no more than one page's numbers are sorted at a time, and no texts.
insert into new_comment (
    slot,
    comment_id,
    page_id,
    parent_id,
    depth,
    user_id,
    created_at_ms,
    edited_at_ms,
    state,
    likes,
    dislikes,
    replies,
    listed_replies,
    listed,
    unlisted_at_ms,
    rev,
    text_rev,
    top_rank,
    controversial_rank,
    idempotency_key,
    idempotency_digest,
    text
)
select
    (c.page_id << 32) + c.comment_id,
    c.comment_id,
    c.page_id,
    c.parent_id,
    c.depth,
    c.user_id,
    c.created_at_ms,
    c.edited_at_ms,
    c.state,
    c.likes,
    c.dislikes,
    c.replies,
    c.listed_replies,
    c.listed,
    c.unlisted_at_ms,
    c.rev,
    c.text_rev,
    c.top_rank,
    c.controversial_rank,
    c.idempotency_key,
    c.idempotency_digest,
    c.text
from (
    select
        page_id,
        comment_id
    from comment indexed by comment_by_rev
    order by
        page_id,
        comment_id
    -- What has a limit is worked out by itself.
    limit -1
) as placed
cross join comment as c on c.comment_id = placed.comment_id;

-- One row a user and comment; the tallies in `comment` are its sums, kept in the same transaction.
create table new_reaction (
    slot integer not null references comment (slot) on delete cascade,
    user_id integer not null references user (user_id) on delete cascade,
    liked integer not null check (liked in (0, 1)),
    created_at_ms integer not null,
    primary key (slot, user_id)
) strict, without rowid;

insert into new_reaction (
    slot,
    user_id,
    liked,
    created_at_ms
)
select
    c.slot,
    r.user_id,
    r.liked,
    r.created_at_ms
from new_comment as c
cross join reaction as r on r.comment_id = c.comment_id
order by
    c.slot,
    r.user_id;

drop table reaction;

drop table comment;

alter table new_comment rename to comment;

alter table new_reaction rename to reaction;

create index comment_by_number on comment (page_id, parent_id) where listed = 1;

create index comment_by_top on comment (page_id, parent_id, top_rank) where listed = 1;

create index comment_by_controversial on comment (page_id, parent_id, controversial_rank) where listed = 1;

-- "What changed since revision r" is a range of this.
create index comment_by_rev on comment (page_id, rev);

create unique index comment_idempotency on comment (user_id, idempotency_key) where idempotency_key is not null;

-- A reply's parent is looked up when a comment is purged.
create index comment_by_parent on comment (parent_id) where parent_id is not null;

create index comment_by_unlisting on comment (unlisted_at_ms) where unlisted_at_ms is not null;
