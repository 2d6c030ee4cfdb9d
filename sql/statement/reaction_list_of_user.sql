-- All that a user reacted to, to take it back.
-- scan: an operator deletes a user now and then; an index would cost every reaction
select
    c.comment_id
from reaction as r
join comment as c on c.slot = r.slot
where r.user_id = :user_id;
