-- What a user thinks of a comment.
select
    liked
from reaction
where slot = :slot
    and user_id = :user_id;
