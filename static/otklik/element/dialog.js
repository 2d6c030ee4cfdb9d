// A dialog over the page, in the element's own root. The browser holds the focus in it and gives it back.

import { button, el, icon } from "./dom.js";

/** @import { View } from "./view.js" */

const CROSS = "m5.5 5.5 9 9m0-9-9 9";

/**
 * Opens a dialog; it is gone once it is closed.
 * @param {View} view
 * @param {string} title
 * @param {Node} content
 */
export function openDialog({ root, t }, title, content) {
  const close = button("button.close-dialog", "", () => dialog.close(), { ariaLabel: t("close"), title: t("close") });
  close.append(icon(CROSS));
  const heading = el("h3", { id: "dialog-title" }, title);
  const dialog = el("dialog.dialog", { "aria-labelledby": "dialog-title" }, el("div.dialog-head", {}, heading, close), content);
  dialog.addEventListener("close", () => dialog.remove());
  root.append(dialog);
  dialog.showModal();
  /** @type {HTMLElement | null} */
  const first = dialog.querySelector("input:not([hidden])");
  first?.focus();
  return { dialog, setTitle: (/** @type {string} */ text) => { heading.textContent = text; } };
}
