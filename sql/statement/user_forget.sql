-- A deleted user: the row stays for the tombstones that refer to it, with nothing of the person in it.
update user
set
    username = '',
    skeleton = 'deleted:' || user_id,
    password = '',
    img = null,
    role = 'user',
    state = 'banned'
where user_id = :user_id;
