-- Comments whose revision is not within their page's.
-- scan: every row of a copy is checked, off the service's way
select
    count(*)
from comment as c
join page as p on p.page_id = c.page_id
where c.rev > p.rev
    or c.text_rev > c.rev
    or c.text_rev < 1;
