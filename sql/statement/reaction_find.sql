-- What a user thinks of a comment.
select
    liked
from reaction
where comment_id = :comment_id
    and user_id = :user_id;
