-- Some of a tombstone's reactions went before it. Nobody is shown its tally any more, so its revision stays.
update comment
set
    likes = likes - :likes,
    dislikes = dislikes - :dislikes
where comment_id = :comment_id;
