-- A user's first or changed mind.
insert into reaction (
    comment_id,
    user_id,
    liked,
    created_at_ms
) values (
    :comment_id,
    :user_id,
    :liked,
    :created_at_ms
)
on conflict (comment_id, user_id) do update set
    liked = excluded.liked,
    created_at_ms = excluded.created_at_ms;
