-- Every user, for the operator.
-- scan: the operator asked for all of them
select
    user_id,
    username,
    img,
    role,
    state
from user
where username <> ''
order by
    user_id;
