-- Somebody is deleted for good: their deleted texts go at once.
-- scan: an operator deletes a user now and then; the texts that are kept are few
delete from deleted_text
where (select c.user_id from comment as c where c.comment_id = deleted_text.comment_id) = :user_id;
