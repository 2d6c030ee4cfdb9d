-- All that a user wrote and that is shown, to delete it.
-- scan: an operator deletes a user now and then; an index would cost every comment
select
    comment_id
from comment
where user_id = :user_id
    and state = 'shown';
