-- The right password makes up for the wrong ones.
delete from sign_in_failure
where name_digest = :name_digest;
