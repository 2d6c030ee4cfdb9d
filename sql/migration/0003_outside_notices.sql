-- What the command line did while the service ran, for the service to tell those whom it concerns.

create table outside_notice (
    notice_id integer primary key autoincrement,
    what text not null check (what in ('role', 'suspended', 'deleted', 'password_changed', 'page')),
    user_id integer,
    page_id integer,
    created_at_ms integer not null,
    check ((what = 'page') = (page_id is not null) and (what = 'page') = (user_id is null))
) strict;
