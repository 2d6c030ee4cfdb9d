// A link to one comment: #comment-7. Loaded where a page's address has one.

/** @import { View } from "./view.js" */

/**
 * Shows the comment that a link leads to, once the first comments are there.
 * @param {View} view
 * @param {number} id
 */
export async function reveal(view, id) {
  const { thread, words, t } = view;
  await ready(view);
  const result = await thread.find(id);
  // Of several threads on a page only one has it: the others do not know that it is gone.
  if (result.ok && !result.found && document.querySelectorAll(view.root.host.localName).length > 1) return;
  if (!result.ok || !result.found) {
    return (await view.later()).notices.tell(result.ok ? t("link_gone") : words.why(result.refusal));
  }
  view.paint(Infinity);
  for (let at = thread.comment(id)?.parent; at; at = thread.comment(at)?.parent) view.card(at).unfold();
  const card = view.card(id);
  card.focus("center");
  card.article.classList.remove("found");
  // The class comes anew, so that the same link shines twice.
  requestAnimationFrame(() => card.article.classList.add("found"));
}

/** @param {View} view @returns {Promise<void>} */
const ready = ({ thread }) => new Promise((resolve) => {
  const look = () => {
    if (thread.get().status !== "ready") return;
    stop();
    resolve();
  };
  const stop = thread.subscribe(look);
  look();
});
