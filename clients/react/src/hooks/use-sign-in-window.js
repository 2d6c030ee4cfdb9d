// Signing in by a window of the service's: an application of another origin never sees a password.

/** @import { Refusal } from "otklik-client" */
/** @import { UseSignInWindow } from "../../index.js" */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { signInWindow } from "otklik-client/sign-in-window.js";
import { useClient } from "../provider.js";

/** @param {string} [lang]
 * @returns {UseSignInWindow} */
export function useSignInWindow(lang = "en") {
  const client = useClient();
  const [refusal, setRefusal] = useState(/** @type {Refusal | null} */ (null));
  const child = useRef(/** @type {ReturnType<typeof signInWindow> | null} */ (null));
  const end = useCallback(() => {
    child.current?.end();
    child.current = null;
  }, []);
  useEffect(() => end, [client, lang, end]);
  const open = useCallback(() => {
    setRefusal(null);
    child.current ??= signInWindow(client, lang, (result) => {
      if (result.ok) end();
      else setRefusal(result.refusal);
    });
    return child.current.open();
  }, [client, lang, end]);
  return useMemo(() => ({ open, end, refusal }), [open, end, refusal]);
}
