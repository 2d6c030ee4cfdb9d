-- More than the tally changed in this batch: the revision, and the tally with it.
update comment
set
    likes = likes + :likes,
    dislikes = dislikes + :dislikes,
    top_rank = top_rank(likes + :likes, dislikes + :dislikes),
    controversial_rank = controversial_rank(likes + :likes, dislikes + :dislikes),
    rev = :rev,
    text_rev = :rev
where comment_id = :comment_id
returning
    likes,
    dislikes;
