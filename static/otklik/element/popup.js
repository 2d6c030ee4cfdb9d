// Signing in where the service is of another origin than the page: in a window of the service's, which gives the token
// to this page alone. The window's side is sign-in-page.js.
//
//   window -> page   { otklik: "ready" }          to whoever opened it; it tells nothing
//   page -> window   { otklik: "hello" }          the window takes the page's origin from it, and asks whether it may
//   window -> page   { otklik: "token", token }   to that origin alone

import { openDialog } from "./dialog.js";
import { button, el, setText } from "./dom.js";

/** @import { View } from "./view.js" */

/**
 * @param {View} view
 * @param {() => unknown} [then]
 */
export function signInByWindow(view, then) {
  const { client, words, t } = view;
  const url = `${client.origin}/sign-in?lang=${words.lang}`;
  /** @type {Window | null} */
  let child = null;
  const text = el("p.words");
  const why = el("p.why", { role: "alert" });
  const open = () => {
    child = window.open(url, "otklik-sign-in", "popup,width=460,height=720");
    setText(text, t(child ? "popup_wait" : "popup_blocked"));
  };
  const hear = async (/** @type {MessageEvent} */ { origin, source, data }) => {
    if (origin !== client.origin || source !== child || !child) return;
    if (data?.otklik === "ready") child.postMessage({ otklik: "hello" }, client.origin);
    if (data?.otklik !== "token" || typeof data.token !== "string") return;
    const result = await client.session.adopt(data.token);
    setText(why, result.ok ? "" : words.why(result.refusal));
    if (!result.ok) return;
    dialog.close();
    then?.();
  };
  addEventListener("message", hear);
  open();
  const again = button("button.main.submit", t("popup_open"), open);
  const { dialog } = openDialog(view, t("sign_in"), el("div.enter", {}, text, again, why));
  dialog.addEventListener("close", () => {
    removeEventListener("message", hear);
    child?.close();
  });
}
