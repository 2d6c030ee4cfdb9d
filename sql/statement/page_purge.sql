-- A tombstone goes, or some of its reactions: nobody can resume from below its revision any more. What is shown of the
-- page stays as it is, so its revision does, too.
update page
set
    purged_rev = max(purged_rev, :rev),
    likes = likes - :likes,
    dislikes = dislikes - :dislikes
where page_id = :page_id;
