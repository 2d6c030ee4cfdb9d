-- A user by number.
select
    user_id,
    username,
    img,
    role,
    state
from user
where user_id = :user_id;
