-- A page by its number.
select
    page_id,
    rev,
    total,
    locked,
    purged_rev,
    likes,
    dislikes
from page
where page_id = :page_id;
