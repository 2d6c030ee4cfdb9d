-- The tally changed in this batch, and with it the ranks.
update comment
set
    likes = likes + :likes,
    dislikes = dislikes + :dislikes,
    top_rank = top_rank(likes + :likes, dislikes + :dislikes),
    controversial_rank = controversial_rank(likes + :likes, dislikes + :dislikes),
    rev = :rev
where slot = :slot
returning
    likes,
    dislikes;
