-- A reaction taken back.
delete from reaction
where comment_id = :comment_id
    and user_id = :user_id;
