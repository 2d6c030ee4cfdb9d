-- A page's key by its number.
select
    key
from page
where page_id = :page_id;
