-- A changed password, or the same one at another cost.
update user
set
    password = :password
where user_id = :user_id;
