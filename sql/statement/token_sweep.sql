-- What has expired goes, some at a time.
delete from token
where digest in (
    select
        digest
    from token
    where expires_at_ms <= :now_ms
    order by expires_at_ms
    limit :limit
);
