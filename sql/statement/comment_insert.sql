-- A new comment; its revision follows at the end of the batch.
insert into comment (
    slot,
    comment_id,
    page_id,
    parent_id,
    depth,
    user_id,
    created_at_ms,
    state,
    listed,
    idempotency_key,
    idempotency_digest,
    text
) values (
    :slot,
    :comment_id,
    :page_id,
    :parent_id,
    :depth,
    :user_id,
    :created_at_ms,
    'shown',
    1,
    :idempotency_key,
    :idempotency_digest,
    :text
);
