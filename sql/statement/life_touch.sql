-- Writes a page as it is: whether the disk has room again is seen by writing.
update life
set
    epoch = epoch
where one = 1;
