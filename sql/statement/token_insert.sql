-- A fresh token.
insert into token (
    digest,
    user_id,
    created_at_ms,
    expires_at_ms
) values (
    :digest,
    :user_id,
    :created_at_ms,
    :expires_at_ms
);
