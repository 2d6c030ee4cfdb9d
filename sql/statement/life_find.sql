-- The name of the data's life.
select
    epoch
from life
where one = 1;
