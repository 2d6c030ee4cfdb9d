-- Pages whose revision changed nothing that is there or was purged: it would be a gap.
-- scan: every row of a copy is checked, off the service's way
select
    count(*)
from page as p
where p.rev
    <> max(p.purged_rev, (select coalesce(max(c.rev), 0) from comment as c where c.page_id = p.page_id));
