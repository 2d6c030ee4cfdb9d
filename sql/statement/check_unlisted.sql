-- Comments that are in no list and do not say since when, or the other way round.
-- scan: every row of a copy is checked, off the service's way
select
    count(*)
from comment
where (listed = 1) <> (unlisted_at_ms is null);
