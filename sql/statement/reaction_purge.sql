-- Some of a tombstone's reactions.
delete from reaction
where slot = :slot
    and user_id in (
        select
            user_id
        from reaction
        where slot = :slot
        order by user_id
        limit :limit
    )
returning liked;
