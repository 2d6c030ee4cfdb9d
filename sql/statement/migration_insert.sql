-- One more was applied.
insert into migration (
    number,
    name,
    checksum,
    applied_at_ms
) values (
    :number,
    :name,
    :checksum,
    :applied_at_ms
);
