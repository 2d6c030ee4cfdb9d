-- The next comment's number.
update last_number
set
    comment_id = comment_id + 1
where one = 1
returning comment_id;
