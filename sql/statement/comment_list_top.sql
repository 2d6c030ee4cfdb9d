-- Best approved first, behind where the last list ended.
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
    r.liked,
    c.listed_replies,
    c.top_rank as rank
from comment as c indexed by comment_by_top
join user as u on u.user_id = c.user_id
left join reaction as r on r.slot = c.slot and r.user_id = :reader
where c.page_id = :page_id
    and c.parent_id is :parent_id
    and c.listed = 1
    and (c.top_rank, c.slot) < (:rank, :slot)
order by
    c.top_rank desc,
    c.slot desc
limit :limit;
