-- Comments whose tally is not the sum of their reactions.
-- scan: every row of a copy is checked, off the service's way
select
    count(*)
from comment as c
where c.likes <> (select count(*) from reaction as r where r.slot = c.slot and r.liked = 1)
    or c.dislikes <> (select count(*) from reaction as r where r.slot = c.slot and r.liked = 0);
