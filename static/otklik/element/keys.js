// What single keys do while the focus is inside the element, and the list of them. Loaded at the first such key.

import { openDialog } from "./dialog.js";
import { el } from "./dom.js";

/** @import { View } from "./view.js" */

const KEYS = /** @type {const} */ ([
  ["j", "key_next"],
  ["k", "key_previous"],
  ["l", "key_like"],
  ["d", "key_dislike"],
  ["r", "key_reply"],
  ["c", "key_write"],
  ["?", "key_help"],
]);

/**
 * @param {View} view
 * @param {string} key
 */
export function press(view, key) {
  const articles = [...view.list.querySelectorAll("article")];
  const here = view.root.activeElement?.closest("article") ?? null;
  const card = here && view.cardAt(here);
  if (key === "j" || key === "k") {
    const at = here ? articles.indexOf(here) : -1;
    const next = articles[key === "j" ? at + 1 : Math.max(0, at - 1)];
    if (next) focus(view, next);
  }
  if (key === "l") card?.react("like");
  if (key === "d") card?.react("dislike");
  if (key === "r") card?.openReply();
  if (key === "c") view.composer.input.focus();
  if (key === "?" && !view.root.querySelector("dialog")) openList(view);
}

/**
 * @param {View} view
 * @param {HTMLElement} article
 */
function focus(view, article) {
  const card = view.cardAt(article);
  if (card) card.focus();
  else article.focus();
}

/** @param {View} view */
function openList(view) {
  const rows = KEYS.flatMap(([key, words]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, view.t(words))]);
  openDialog(view, view.t("keys"), el("dl.key-list", {}, ...rows));
}
