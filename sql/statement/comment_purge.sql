-- A tombstone is kept no longer.
delete from comment
where comment_id = :comment_id;
