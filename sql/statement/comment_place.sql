-- What a write must know of a comment before it acts on it.
select
    page_id,
    parent_id,
    user_id,
    depth,
    state,
    created_at_ms
from comment
where comment_id = :comment_id;
