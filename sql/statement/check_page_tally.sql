-- Pages whose tally is not the sum of their comments'.
-- scan: every row of a copy is checked, off the service's way
select
    count(*)
from page as p
where p.likes <> (select coalesce(sum(c.likes), 0) from comment as c where c.page_id = p.page_id)
    or p.dislikes <> (select coalesce(sum(c.dislikes), 0) from comment as c where c.page_id = p.page_id);
