-- Whose a token is, while it lives.
select
    user_id,
    created_at_ms,
    expires_at_ms
from token
where digest = :digest
    and expires_at_ms > :now_ms;
