-- A page by its key.
select
    page_id,
    rev,
    total,
    locked,
    purged_rev,
    likes,
    dislikes
from page
where site_id = :site_id
    and key = :key;
