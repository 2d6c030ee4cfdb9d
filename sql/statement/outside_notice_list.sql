-- What the service has not told yet.
select
    notice_id,
    what,
    user_id,
    page_id
from outside_notice
where notice_id > :notice_id
order by
    notice_id
limit :limit;
