-- Kept for long enough, some at a time.
delete from deleted_text
where comment_id in (
    select
        comment_id
    from deleted_text
    where deleted_at_ms <= :before_ms
    order by deleted_at_ms
    limit :limit
);
