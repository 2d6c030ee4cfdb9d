-- Tombstones that were in no list for long enough, and have nothing under them any more.
select
    c.comment_id,
    c.page_id,
    c.rev
from comment as c
where c.unlisted_at_ms <= :before_ms
    and not exists (select 1 from comment as r where r.parent_id = c.comment_id)
order by c.unlisted_at_ms
limit :limit;
