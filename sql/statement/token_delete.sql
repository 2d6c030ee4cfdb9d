-- Signed out.
delete from token
where digest = :digest;
