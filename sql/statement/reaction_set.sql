-- A user's first or changed mind.
insert into reaction (
    slot,
    user_id,
    liked,
    created_at_ms
) values (
    :slot,
    :user_id,
    :liked,
    :created_at_ms
)
on conflict (slot, user_id) do update set
    liked = excluded.liked,
    created_at_ms = excluded.created_at_ms;
