-- Failed sign-ins for a name.
select
    count,
    first_at_ms,
    last_at_ms
from sign_in_failure
where name_digest = :name_digest;
