-- What an author's idempotency key was spent on.
select
    comment_id,
    page_id,
    idempotency_digest
from comment
where user_id = :user_id
    and idempotency_key = :idempotency_key;
