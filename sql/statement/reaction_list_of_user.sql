-- All that a user reacted to, to take it back.
-- scan: an operator deletes a user now and then; an index would cost every reaction
select
    comment_id
from reaction
where user_id = :user_id;
