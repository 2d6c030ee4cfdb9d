-- What has expired goes whenever its user gets a fresh one.
delete from token
where user_id = :user_id
    and expires_at_ms <= :now_ms;
