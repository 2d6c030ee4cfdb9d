-- The command line did something that concerns a user's sessions, or a page's listeners.
insert into outside_notice (
    what,
    user_id,
    page_id,
    created_at_ms
)
values (
    :what,
    :user_id,
    :page_id,
    :created_at_ms
);
