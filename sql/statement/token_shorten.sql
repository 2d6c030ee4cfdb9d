-- A token that was replaced lives a little longer, for the tabs that still hold it.
update token
set
    expires_at_ms = min(expires_at_ms, :expires_at_ms)
where digest = :digest;
