-- One more failed sign-in for a name.
insert into sign_in_failure (
    name_digest,
    count,
    first_at_ms,
    last_at_ms
) values (
    :name_digest,
    :count,
    :first_at_ms,
    :last_at_ms
)
on conflict (name_digest) do update set
    count = excluded.count,
    first_at_ms = excluded.first_at_ms,
    last_at_ms = excluded.last_at_ms;
