// The line to the server: whether it is live, and trying again at once.

/** @import { ConnectionView } from "otklik-client" */
/** @import { UseConnection } from "../../index.js" */
import { useMemo } from "react";
import { useClient } from "../provider.js";
import { connectionSource, useSource } from "../sources.js";

const whole = (/** @type {ConnectionView} */ view) => view;

/** @returns {UseConnection} */
export function useConnection() {
  const client = useClient();
  const view = useConnectionPart(whole);
  return useMemo(() => ({ ...view, tryNow: () => client.connection.tryNow() }), [client, view]);
}

/** What `select` takes of the connection; `select` must be one function, not a new one each time.
 * @template S
 * @param {(view: ConnectionView) => S} select */
export function useConnectionPart(select) {
  const client = useClient();
  return useSource(useMemo(() => connectionSource(client), [client]), select);
}
