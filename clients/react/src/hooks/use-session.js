// Who this reader is to the service, and signing in, up and out.

/** @import { Client, SessionView } from "otklik-client" */
/** @import { UseSession } from "../../index.js" */
import { useEffect, useMemo } from "react";
import { useClient } from "../provider.js";
import { sessionSource, useSource } from "../sources.js";

const whole = (/** @type {SessionView} */ view) => view;

/** @returns {UseSession} */
export function useSession() {
  const client = useClient();
  // Where no page is followed, nothing else would connect, and tell who this is, and when that ends.
  useEffect(() => client.connection.need(), [client]);
  const view = useSessionPart(whole);
  const acts = useMemo(() => actsOf(client), [client]);
  return useMemo(() => ({ ...view, ...acts }), [view, acts]);
}

/** What `select` takes of the session; `select` must be one function, not a new one each time.
 * @template S
 * @param {(view: SessionView) => S} select */
export function useSessionPart(select) {
  const client = useClient();
  return useSource(useMemo(() => sessionSource(client), [client]), select);
}

/** @param {Client} client
 * @returns {Omit<UseSession, keyof SessionView>} */
function actsOf({ session }) {
  return {
    signIn: (username, password) => session.signIn(username, password),
    signUp: (username, password, img) => session.signUp(username, password, img),
    adopt: (token) => session.adopt(token),
    signOut: (options) => session.signOut(options),
    changePassword: (password, new_password) => session.changePassword(password, new_password),
    changeImg: (img) => session.changeImg(img),
  };
}
