-- Comments whose tally is not the sum of their reactions, in a file that has migration 4 at most: reactions do not lie by
-- page in it yet.
select
    count(*)
from comment as c
where c.likes <> (select count(*) from reaction as r where r.comment_id = c.comment_id and r.liked = 1)
    or c.dislikes <> (select count(*) from reaction as r where r.comment_id = c.comment_id and r.liked = 0);
