// What can be done with a comment: like, dislike, reply, edit, delete.

/** @import { CommentView } from "otklik-client" */
import { createElement as h, memo, useEffect, useRef, useState } from "react";
import { useCommentPart } from "../hooks/use-comment.js";
import { useWords } from "../provider.js";
import { useThreadOf } from "../thread-context.js";
import { ReactionButtons } from "./reaction-buttons.js";

const mayOf = (/** @type {CommentView | undefined} */ comment) => ({
  reply: comment?.may_reply ?? false,
  edit: comment?.may_edit ?? false,
  remove: comment?.may_delete ?? false,
});

/** @typedef {{ comment_id: number, name: string | null, onWrite: (what: "reply" | "edit") => void }} ActionsProps */
export const CommentActions = memo(function CommentActions(/** @type {ActionsProps} */ { comment_id, name, onWrite }) {
  const words = useWords();
  const may = useCommentPart(comment_id, mayOf);
  return h("div", { className: "otklik-actions otklik-row" },
    h(ReactionButtons, { comment_id }),
    may.reply && h("button", {
      type: "button",
      className: "otklik-quiet",
      "aria-label": `${words.t("reply")}: ${name}`,
      onClick: () => onWrite("reply"),
    }, words.t("reply")),
    may.edit && h("button", { type: "button", className: "otklik-quiet", onClick: () => onWrite("edit") }, words.t("edit")),
    may.remove && h(Remove, { comment_id }));
});

/** @param {{ comment_id: number }} props */
function Remove({ comment_id }) {
  const words = useWords();
  const thread = useThreadOf();
  const [asked, setAsked] = useState(false);
  const here = useRef(/** @type {HTMLElement | null} */ (null));
  const first = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const was_asked = useRef(false);
  // Where nothing was deleted, the keys go on from the button that asked.
  useEffect(() => {
    if (was_asked.current && !asked) first.current?.focus();
    was_asked.current = asked;
  }, [asked]);
  if (!asked) {
    return h("button", { ref: first, type: "button", className: "otklik-quiet", onClick: () => setAsked(true) }, words.t("delete"));
  }
  const remove = async () => {
    // Where the comment goes, the focus must not go with it.
    const heading = here.current?.closest(".otklik")?.querySelector(".otklik-heading");
    const result = await thread.remove(comment_id);
    if (result.ok && heading instanceof HTMLElement) heading.focus();
    else setAsked(false);
  };
  return h("span", { ref: here, className: "otklik-ask", role: "group", "aria-label": words.t("delete_ask") },
    h("span", null, words.t("delete_ask")),
    h("button", { type: "button", className: "otklik-danger", onClick: remove }, words.t("delete")),
    h("button", { type: "button", className: "otklik-quiet", autoFocus: true, onClick: () => setAsked(false) }, words.t("keep")));
}
