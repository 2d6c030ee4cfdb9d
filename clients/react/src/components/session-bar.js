// Who one is here, with the ways in and out.

import { createElement as h, Fragment, useEffect, useRef } from "react";
import { useSession } from "../hooks/use-session.js";
import { useShared, useWords } from "../provider.js";
import { Picture } from "./picture.js";

export function SessionBar() {
  const words = useWords();
  const { asking } = useShared();
  const { user, known, signed_out, sign_up, signOut } = useSession();
  const bar = useRef(/** @type {HTMLDivElement | null} */ (null));
  const was_guest = useRef(false);
  // The button that the dialog gives the focus back to has gone by then.
  useEffect(() => {
    const lost = document.activeElement === document.body;
    if (user && was_guest.current && lost) bar.current?.querySelector("button")?.focus({ preventScroll: true });
    was_guest.current = known && !user;
  }, [user, known]);
  // Until it is known who this is, the place is kept: nothing jumps, and no button is there for a moment only.
  return h("div", { ref: bar, className: "otklik-session otklik-row", "data-known": known },
    h("p", { className: "otklik-dim otklik-grow", role: "status" }, signed_out !== null && words.find(`out_${signed_out}`)),
    user
      ? h(Fragment, null,
        h(Picture, { img: user.img }),
        h("bdi", { className: "otklik-name" }, user.username),
        h("button", { type: "button", onClick: () => signOut() }, words.t("sign_out")))
      : h(Fragment, null,
        h("button", { type: "button", onClick: () => asking.ask("signIn") }, words.t("sign_in")),
        sign_up !== "closed"
          && h("button", { type: "button", className: "otklik-main", onClick: () => asking.ask("signUp") }, words.t("sign_up"))));
}
