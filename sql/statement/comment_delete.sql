-- A tombstone: listed only while something under it is.
update comment
set
    state = 'deleted',
    text = '',
    listed = listed_replies > 0
where comment_id = :comment_id
returning listed;
