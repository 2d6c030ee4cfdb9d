// What a signed-in user can do about themselves.

import { openDialog } from "./dialog.js";
import { button, el } from "./dom.js";
import { makeForm } from "./form.js";

/** @import { Field } from "./form.js" */
/** @import { View } from "./view.js" */

/**
 * Opens the menu under its button, or closes it.
 * @param {View} view
 * @param {HTMLButtonElement} opener
 */
export function toggle(view, opener) {
  const { t, client, root } = view;
  const open = opener.parentElement?.querySelector(".menu");
  if (open) return close(opener, open);
  const choices = [
    button("button.choice", t("change_img"), () => changeImg(view)),
    // A password is typed on the service's own pages alone.
    ...client.origin === location.origin ? [button("button.choice", t("change_password"), () => changePassword(view))] : [],
    button("button.choice", t("sign_out"), () => view.act(client.session.signOut())),
    button("button.choice", t("sign_out_everywhere"), () => view.act(client.session.signOut({ everywhere: true }))),
  ];
  const menu = el("div.menu", { role: "group", ariaLabel: opener.ariaLabel }, ...choices);
  menu.addEventListener("click", () => close(opener, menu));
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    const inside = relatedTarget instanceof Node && (menu.contains(relatedTarget) || opener.contains(relatedTarget));
    if (!inside) close(opener, menu);
  });
  menu.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = choices.findIndex((choice) => choice === root.activeElement);
    if (step) choices.at((at + step) % choices.length)?.focus();
    if (event.key === "Escape") {
      opener.focus();
      close(opener, menu);
    }
    if (step) event.preventDefault();
  });
  opener.after(menu);
  opener.ariaExpanded = "true";
  choices[0]?.focus();
}

/**
 * @param {HTMLElement} opener
 * @param {Element} menu
 */
function close(opener, menu) {
  // What is taken away loses the focus, and asks for this again.
  if (opener.ariaExpanded === "false") return;
  opener.ariaExpanded = "false";
  menu.remove();
}

/** @param {View} view */
function changeImg(view) {
  const { client: { session }, words, t } = view;
  /** @type {Field[]} */
  const fields = [{ name: "img", label: "img", type: "url", autocomplete: "photo", hint: t("img_hint"), optional: true }];
  const form = makeForm(words, fields, t("save"), ({ img = "" }) => session.changeImg(img.trim() || null), () => {
    dialog.close();
    void view.later().then(({ notices }) => notices.tell(t("done_img")));
  });
  const { dialog } = openDialog(view, t("change_img"), form);
}

/** @param {View} view */
function changePassword(view) {
  const { client: { session }, words, t } = view;
  const n = session.get().limits?.password_chars_min ?? 10;
  /** @type {Field[]} */
  const fields = [
    { name: "password", label: "old_password", type: "password", autocomplete: "current-password" },
    { name: "new_password", label: "new_password", type: "password", autocomplete: "new-password", hint: t("password_hint", { n }) },
  ];
  const send = (/** @type {Record<string, string>} */ { password = "", new_password = "" }) => session.changePassword(password, new_password);
  const form = makeForm(words, fields, t("save"), send, () => {
    dialog.close();
    void view.later().then(({ notices }) => notices.tell(t("done_password")));
  });
  // For password keepers, which want to know whose it is.
  const username = session.get().user?.username ?? "";
  form.prepend(el("input", { name: "username", autocomplete: "username", value: username, hidden: true }));
  const { dialog } = openDialog(view, t("change_password"), form);
}
