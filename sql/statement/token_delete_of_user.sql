-- Signed out everywhere.
delete from token
where user_id = :user_id;
