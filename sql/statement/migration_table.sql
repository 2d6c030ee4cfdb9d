-- What was applied to this file, and the checksum it had.
create table if not exists migration (
    number integer primary key,
    name text not null,
    checksum text not null,
    applied_at_ms integer not null
) strict;
