-- A reply came, was deleted, or is listed no more.
update comment
set
    replies = replies + :shown,
    listed_replies = listed_replies + :listed,
    listed = state = 'shown' or listed_replies + :listed > 0,
    unlisted_at_ms = iif(state = 'shown' or listed_replies + :listed > 0, null, coalesce(unlisted_at_ms, :now_ms))
where comment_id = :comment_id
returning
    listed,
    parent_id;
