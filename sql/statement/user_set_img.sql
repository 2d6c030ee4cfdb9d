-- Another picture, or the generated one again.
update user
set
    img = :img
where user_id = :user_id;
