-- A tombstone: listed only while something under it is.
update comment
set
    state = 'deleted',
    text = '',
    listed = listed_replies > 0,
    unlisted_at_ms = iif(listed_replies > 0, null, :now_ms)
where comment_id = :comment_id
returning listed;
