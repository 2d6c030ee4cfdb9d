// What only a comment's author (or a moderator) does, in place: editing and deleting. Loaded when it is first wanted.

import { compose } from "./composer.js";
import { button, el } from "./dom.js";

/** @import { Card } from "./card.js" */

/** @param {Card} card */
export function edit(card) {
  const { view, id } = card;
  const { t, thread } = view;
  const done = () => {
    card.setForm(null);
    card.body.classList.remove("edited");
    focusOn(card, ".edit");
  };
  const writing = {
    to: `edit-${id}`, label: t("edit_label"), action: t("save"), text: card.comment?.comment ?? "", done,
    send: (/** @type {string} */ text) => thread.edit(id, text),
  };
  const composer = compose(view, writing);
  card.setForm(composer.form);
  card.body.classList.add("edited");
  composer.input.focus();
}

/** @param {Card} card */
function ask(card) {
  const { view, id } = card;
  const { t, thread } = view;
  const back = () => {
    card.setForm(null);
    focusOn(card, ".delete");
  };
  const remove = async () => {
    const neighbour = beside(card);
    card.setForm(null);
    const done = await view.act(thread.remove(id));
    if (!done) return back();
    // Where nothing is left of it, the keys go on from beside it.
    requestAnimationFrame(() => (card.article.isConnected ? card : neighbour)?.focus());
  };
  const keep = button("button.plain.keep", t("keep"), back);
  const row = el("div.actions.ask", { role: "group", ariaLabel: t("delete_ask") },
    el("span", {}, t("delete_ask")), button("button.danger.confirm", t("delete"), remove), keep);
  row.addEventListener("keydown", (event) => { if (event.key === "Escape") back(); });
  card.setForm(row);
  keep.focus();
}

export { ask as delete };

/** The focus goes to one of its buttons, or to it where there is no such button any more. @param {Card} card @param {string} selector */
function focusOn(card, selector) {
  /** @type {HTMLElement | null} */
  const target = card.row.querySelector(selector);
  (target ?? card.article).focus();
}

/** What the keys go on from where a card goes. @param {Card} card */
function beside({ node, view }) {
  const near = node.nextElementSibling ?? node.previousElementSibling ?? node.parentElement?.closest("li");
  return view.cardAt(near?.querySelector("article"));
}
