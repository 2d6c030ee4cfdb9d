-- The last notice: what came before the start is no news.
select
    coalesce(max(notice_id), 0)
from outside_notice;
