-- Another life begins: what clients remember of the last one must not be compared with it.
update life
set
    epoch = lower(hex(randomblob(8)))
where one = 1;
