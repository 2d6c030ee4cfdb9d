-- Somebody signed up.
insert into user (
    username,
    skeleton,
    password,
    img,
    role,
    state,
    created_at_ms
) values (
    :username,
    :skeleton,
    :password,
    :img,
    :role,
    'active',
    :created_at_ms
)
returning user_id;
