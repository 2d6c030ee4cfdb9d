// Signing in and up. On the service's own pages it is a dialog; a page of another origin never sees a password: there
// it is a window of the service's.

import { openDialog } from "./dialog.js";
import { button, el } from "./dom.js";
import { makeForm } from "./form.js";

/** @import { Session } from "../index.js" */
/** @import { Field } from "./form.js" */
/** @import { View } from "./view.js" */
/** @import { Words } from "./words.js" */

/** What the forms need of a session. @typedef {Pick<Session, "signIn" | "signUp" | "get">} Door */

/**
 * @param {View} view
 * @param {() => unknown} [then] what the reader wanted to do
 */
export async function signIn(view, then) {
  const { client, words, t } = view;
  if (client.origin !== location.origin) return (await import("./popup.js")).signInByWindow(view, then);
  const forms = enterForms(words, client.session, (title) => box.setTitle(title), () => {
    box.dialog.close();
    then?.();
  });
  const box = openDialog(view, t("sign_in"), forms);
}

/**
 * The form for signing in, and the one for signing up in its place, as the reader chooses.
 * @param {Words} words
 * @param {Door} door
 * @param {(title: string) => void} name called with what it is now
 * @param {() => void} done
 */
export function enterForms(words, door, name, done) {
  const box = el("div.enter");
  const show = (/** @type {boolean} */ up) => {
    const action = words.t(up ? "sign_up" : "sign_in");
    const fields = up ? newcomer(words, door) : known;
    const form = makeForm(words, fields, action, ({ username = "", password = "", img = "" }) => (
      up ? door.signUp(username.trim(), password, img.trim() || null) : door.signIn(username.trim(), password)
    ), done);
    const kept = box.querySelector("input")?.value;
    box.replaceChildren(form);
    if (up || door.get().sign_up !== "closed") box.append(other(up));
    const [first, second] = box.querySelectorAll("input");
    if (first && kept) first.value = kept;
    (kept ? second : first)?.focus();
    name(action);
  };
  const other = (/** @type {boolean} */ up) => el("p.switch", {}, words.t(up ? "to_sign_in" : "to_sign_up"),
    button("button.other", words.t(up ? "sign_in" : "sign_up"), () => show(!up)));
  queueMicrotask(() => show(false));
  return box;
}

/** @type {Field[]} */
const known = [
  { name: "username", label: "username", autocomplete: "username" },
  { name: "password", label: "password", type: "password", autocomplete: "current-password" },
];

/**
 * @param {Words} words
 * @param {Door} door
 * @returns {Field[]}
 */
function newcomer(words, door) {
  const n = door.get().limits?.password_chars_min ?? 10;
  return [
    { name: "username", label: "username", autocomplete: "username", hint: words.t("username_hint") },
    { name: "password", label: "password", type: "password", autocomplete: "new-password", hint: words.t("password_hint", { n }) },
    { name: "img", label: "img", type: "url", autocomplete: "photo", hint: words.t("img_hint"), optional: true },
  ];
}
