-- A user by what names that look alike have in common, with the stored password.
select
    user_id,
    username,
    img,
    role,
    state,
    password
from user
where skeleton = :skeleton;
