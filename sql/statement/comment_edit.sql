-- The author changed the text.
update comment
set
    text = :text,
    edited_at_ms = :edited_at_ms
where comment_id = :comment_id;
