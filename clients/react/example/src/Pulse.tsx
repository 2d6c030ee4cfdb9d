import { useConnection, useSession, useThread } from "otklik-react";

/** A component of the application's own on the package's hooks: the page in three numbers. */
export function Pulse({ page }: { page: string }) {
  const { total, viewers, rev } = useThread(page);
  const { state } = useConnection();
  const { user } = useSession();
  return (
    <dl className="pulse" data-state={state}>
      <Fact name="connection" value={state} />
      <Fact name="comments" value={total} />
      <Fact name="reading now" value={viewers} />
      <Fact name="revision" value={rev} />
      <Fact name="you are" value={user?.username ?? "a guest"} />
    </dl>
  );
}

function Fact({ name, value }: { name: string; value: string | number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <bdi>{value}</bdi>
      </dd>
    </div>
  );
}
