-- Whether a user may do anything, on an operator's word.
update user
set
    state = :state
where user_id = :user_id;
