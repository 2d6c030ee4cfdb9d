-- What is older than a day counts no more; some at a time.
delete from sign_in_failure
where name_digest in (
    select
        name_digest
    from sign_in_failure
    where first_at_ms < :before_ms
    order by first_at_ms
    limit :limit
);
