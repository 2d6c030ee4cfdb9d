-- Deleted comments with a text.
-- scan: every row of a copy is checked, off the service's way
select
    count(*)
from comment
where state = 'deleted'
    and text <> '';
