// Signing in where the service is of another origin than the page: in a window of the service's, which gives the token
// to this page alone. The window's side is element/sign-in-page.js.
//
//   window -> page   { otklik: "ready" }          to whoever opened it; it tells nothing
//   page -> window   { otklik: "hello" }          the window takes the page's origin from it, and asks whether it may
//   window -> page   { otklik: "token", token }   to that origin alone

/** @type {typeof import("./sign-in-window.d.ts").signInWindow} */
export function signInWindow(client, lang, told) {
  /** @type {Window | null} */
  let child = null;
  const hear = async (/** @type {MessageEvent} */ { origin, source, data }) => {
    if (origin !== client.origin || source !== child || !child) return;
    if (data?.otklik === "ready") child.postMessage({ otklik: "hello" }, client.origin);
    if (data?.otklik === "token" && typeof data.token === "string") told(await client.session.adopt(data.token));
  };
  addEventListener("message", hear);
  return {
    open() {
      child = window.open(`${client.origin}/sign-in?lang=${encodeURIComponent(lang)}`, "otklik-sign-in", "popup,width=460,height=720");
      return child !== null;
    },
    end() {
      removeEventListener("message", hear);
      child?.close();
    },
  };
}
