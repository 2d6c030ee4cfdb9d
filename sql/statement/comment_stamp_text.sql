-- More than the tally changed in this batch. The ranks go by the tally alone: their indexes are left as they are.
update comment
set
    rev = :rev,
    text_rev = :rev
where slot = :slot
returning
    likes,
    dislikes;
