// Signing in where the service is of another origin than the page: what the page shows of it.

import { signInWindow } from "../sign-in-window.js";
import { openDialog } from "./dialog.js";
import { button, el, setText } from "./dom.js";

/** @import { View } from "./view.js" */

/**
 * @param {View} view
 * @param {() => unknown} [then]
 */
export function signInByWindow(view, then) {
  const { client, words, t } = view;
  const text = el("p.words");
  const why = el("p.why", { role: "alert" });
  const child = signInWindow(client, words.lang, (result) => {
    setText(why, result.ok ? "" : words.why(result.refusal));
    if (!result.ok) return;
    dialog.close();
    then?.();
  });
  const open = () => setText(text, t(child.open() ? "popup_wait" : "popup_blocked"));
  open();
  const again = button("button.main.submit", t("popup_open"), open);
  const { dialog } = openDialog(view, t("sign_in"), el("div.enter", {}, text, again, why));
  dialog.addEventListener("close", () => child.end());
}
