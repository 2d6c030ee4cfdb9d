-- What a reader thinks of a comment, on whatever page it is.
select
    r.liked
from comment as c
join reaction as r on r.slot = c.slot
where c.comment_id = :comment_id
    and r.user_id = :user_id;
