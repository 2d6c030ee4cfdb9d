-- Comments whose replies are miscounted, or that are listed or not where they should not or should be.
-- scan: every row of a copy is checked, off the service's way
select
    count(*)
from comment as c
where c.listed <> (c.state = 'shown' or c.listed_replies > 0)
    or c.replies <> (select count(*) from comment as r where r.parent_id = c.comment_id and r.state = 'shown')
    or c.listed_replies
        <> (select count(*) from comment as r where r.parent_id = c.comment_id and r.listed = 1);
