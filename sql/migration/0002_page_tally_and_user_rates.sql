-- What a page's comments are liked and disliked in all, for lists of pages; and how much of their rates users have
-- taken, so that a restart gives nothing back.

alter table page add column likes integer not null default 0 check (likes >= 0);

alter table page add column dislikes integer not null default 0 check (dislikes >= 0);

update page
set
    likes = (select coalesce(sum(c.likes), 0) from comment as c where c.page_id = page.page_id),
    dislikes = (select coalesce(sum(c.dislikes), 0) from comment as c where c.page_id = page.page_id);

create table user_rate (
    user_id integer not null references user (user_id) on delete cascade,
    act text not null check (act in ('post', 'react')),
    -- When all that was taken is given back.
    whole_at_ms integer not null,
    primary key (user_id, act)
) strict, without rowid;
