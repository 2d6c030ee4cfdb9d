-- The operator keeps the texts of deleted comments for a while.
insert into deleted_text (
    comment_id,
    deleted_at_ms,
    text
)
select
    comment_id,
    :now_ms,
    text
from comment
where comment_id = :comment_id;
