-- Pages whose total is not the number of their shown comments.
-- scan: every row of a copy is checked, off the service's way
select
    count(*)
from page as p
where p.total <> (select count(*) from comment as c where c.page_id = p.page_id and c.state = 'shown');
