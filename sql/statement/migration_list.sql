-- Everything applied so far.
-- scan: a handful of rows, once at start
select
    number,
    name,
    checksum
from migration
order by number;
