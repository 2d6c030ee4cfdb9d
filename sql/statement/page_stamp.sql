-- A batch changed the page: one revision further.
update page
set
    rev = rev + 1,
    total = total + :shown,
    likes = likes + :likes,
    dislikes = dislikes + :dislikes
where page_id = :page_id
returning
    rev,
    total,
    key;
