-- What changed after a revision: the heads alone, as a page's whole history may be behind them.
select
    comment_id,
    rev,
    text_rev,
    likes,
    dislikes
from comment
where page_id = :page_id
    and rev > :since
order by rev
limit :limit;
