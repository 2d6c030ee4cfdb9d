-- A page begins with its first comment.
insert into page (
    site_id,
    key
) values (
    :site_id,
    :key
)
returning page_id;
