-- What a user may do, on an operator's word.
update user
set
    role = :role
where user_id = :user_id;
