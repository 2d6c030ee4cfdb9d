-- How much of a rate a user has taken, if the user is still there.
insert into user_rate (
    user_id,
    act,
    whole_at_ms
)
select
    user_id,
    :act,
    :whole_at_ms
from user
where user_id = :user_id
on conflict (user_id, act) do update
set
    whole_at_ms = excluded.whole_at_ms;
