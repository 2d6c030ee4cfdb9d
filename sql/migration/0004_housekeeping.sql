-- What housekeeping goes by: when tokens end, since when a comment is in no list, and the texts of deleted comments
-- where the operator keeps them for a while.

create index token_by_end on token (expires_at_ms);

-- Since when it is in no list: deleted, and nothing listed under it. Null while it is in one.
alter table comment add column unlisted_at_ms integer;

-- Since when is not known of these; they are kept for as long as if it were since now.
update comment
set
    unlisted_at_ms = cast(unixepoch('subsec') * 1000 as integer)
where listed = 0;

create index comment_by_unlisting on comment (unlisted_at_ms) where unlisted_at_ms is not null;

-- Apart from the comments, so that nothing that reads those can show them.
create table deleted_text (
    comment_id integer primary key references comment (comment_id) on delete cascade,
    deleted_at_ms integer not null,
    text text not null
) strict;

create index deleted_text_by_age on deleted_text (deleted_at_ms);
