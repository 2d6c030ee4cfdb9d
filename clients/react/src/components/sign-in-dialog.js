// The dialog that answers when somebody is asked to sign in, by `useSignIn().ask()` or by what needs a user.

import { createElement as h, useEffect, useId, useRef } from "react";
import { useAsked } from "../hooks/use-sign-in.js";
import { useShared, useWords } from "../provider.js";
import { Icon } from "./icon.js";
import { SignIn } from "./sign-in.js";

export function SignInDialog() {
  const words = useWords();
  const { asking } = useShared();
  const asked = useAsked();
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const id = useId();
  const open = asked !== null && asked.host === id;

  // Where there are several on a page, one answers.
  useEffect(() => asking.host(id), [asking, id]);
  useEffect(() => {
    const shown = dialog.current;
    if (!open || !shown || shown.open) return;
    shown.showModal();
    // A dialog gives the focus to what comes first in it, which closes it.
    shown.querySelector("input")?.focus();
  }, [open]);

  if (!open) return null;
  const end = () => {
    dialog.current?.close();
    asking.end();
  };
  const title = words.t(asked.way === "signUp" ? "sign_up" : "sign_in");
  return h("dialog", { ref: dialog, className: "otklik otklik-dialog", "aria-labelledby": `${id}-title`, onClose: end },
    h("div", { className: "otklik-row" },
      h("h2", { id: `${id}-title`, className: "otklik-grow" }, title),
      h("button", { type: "button", className: "otklik-quiet", "aria-label": words.t("close"), onClick: end },
        h(Icon, { shape: "close" }))),
    h(SignIn, { way: asked.way, onDone: end }));
}
