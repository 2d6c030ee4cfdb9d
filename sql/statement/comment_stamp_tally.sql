-- The tally alone changed in this batch.
update comment
set
    likes = likes + :likes,
    dislikes = dislikes + :dislikes,
    top_rank = top_rank(likes + :likes, dislikes + :dislikes),
    controversial_rank = controversial_rank(likes + :likes, dislikes + :dislikes),
    rev = :rev
where comment_id = :comment_id
returning
    likes,
    dislikes;
