-- A user's stored password.
select
    password
from user
where user_id = :user_id;
