-- One comment whole, with its author as of today and the reader's own reaction.
select
    c.comment_id,
    c.parent_id,
    c.user_id,
    u.username,
    u.img,
    c.text,
    c.likes,
    c.dislikes,
    c.created_at_ms,
    c.edited_at_ms,
    c.state,
    c.replies,
    c.rev,
    c.text_rev,
    r.liked
from comment as c
join user as u on u.user_id = c.user_id
left join reaction as r on r.slot = c.slot and r.user_id = :reader
where c.comment_id = :comment_id;
