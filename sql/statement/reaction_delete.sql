-- A reaction taken back.
delete from reaction
where slot = :slot
    and user_id = :user_id;
