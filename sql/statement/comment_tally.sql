-- A comment's tally as it stands.
select
    likes,
    dislikes
from comment
where comment_id = :comment_id;
