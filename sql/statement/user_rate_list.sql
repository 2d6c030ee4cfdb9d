-- What a user had taken of their rates when the service last stopped.
select
    act,
    whole_at_ms
from user_rate
where user_id = :user_id;
