-- Some of a tombstone's reactions.
delete from reaction
where comment_id = :comment_id
    and user_id in (
        select
            user_id
        from reaction
        where comment_id = :comment_id
        order by user_id
        limit :limit
    )
returning liked;
