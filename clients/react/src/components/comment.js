// One comment with what stands under it. Its parts follow the store on their own, so that a count that changes renders
// two buttons, and a new reply one list.

/** @import { CommentView, Refusal } from "otklik-client" */
/** @import { ReactNode } from "react" */
/** @import { CommentProps } from "../../index.js" */
import { createElement as h, Fragment, memo, useId, useRef, useState } from "react";
import { useCommentPart, useReplies } from "../hooks/use-comment.js";
import { useRefusal } from "../hooks/use-refusal.js";
import { useWords } from "../provider.js";
import { useThreadOf } from "../thread-context.js";
import { CommentActions } from "./comment-actions.js";
import { Composer } from "./composer.js";
import { Picture } from "./picture.js";
import { Time } from "./time.js";
import { Unsent } from "./unsent.js";
import { Why } from "./why.js";

/** All but what reactions change. */
const textOf = (/** @type {CommentView | undefined} */ comment) => comment && {
  username: comment.username,
  img: comment.img,
  comment: comment.comment,
  date: comment.date,
  edited: comment.edited,
  state: comment.state,
  depth: comment.depth,
};
const refusalOf = (/** @type {CommentView | undefined} */ comment) => comment?.refusal ?? null;
const missingOf = (/** @type {CommentView | undefined} */ comment) => comment?.replies_missing ?? 0;

/** @type {(props: CommentProps) => ReactNode} */
export const Comment = memo(function Comment({ comment_id }) {
  const comment = useCommentPart(comment_id, textOf);
  const [writing, setWriting] = useState(/** @type {"reply" | "edit" | null} */ (null));
  const card = useRef(/** @type {HTMLElement | null} */ (null));
  const id = useId();
  if (!comment) return null;
  const done = () => {
    setWriting(null);
    card.current?.focus();
  };
  return h("li", { className: "otklik-item", "data-depth": comment.depth },
    h("article", {
      ref: card,
      id: `comment-${comment_id}`,
      className: "otklik-comment",
      "data-state": comment.state,
      tabIndex: -1,
      "aria-labelledby": `${id}-head`,
    },
    h(Head, { comment_id, comment, id: `${id}-head` }),
    comment.state === "shown" && h(Fragment, null,
      writing === "edit"
        ? h(Composer, { to: `edit-${comment_id}`, autoFocus: true, onDone: done })
        : h("p", { className: "otklik-text", dir: "auto" }, comment.comment),
      h(CommentActions, { comment_id, name: comment.username, onWrite: setWriting }),
      h(CommentWhy, { comment_id }),
      writing === "reply" && h(ReplyBox, { comment_id, name: comment.username, onDone: done }))),
    h(Replies, { comment_id }));
});

/** @param {{ comment_id: number, comment: NonNullable<ReturnType<typeof textOf>>, id: string }} props */
function Head({ comment_id, comment, id }) {
  const words = useWords();
  const shown = comment.state === "shown";
  return h("header", { id, className: "otklik-head" },
    h(Picture, { img: shown ? comment.img : null }),
    shown
      ? h("bdi", { className: "otklik-name" }, comment.username)
      : h("span", { className: "otklik-dim" }, words.t(comment.state === "deleted" ? "deleted" : "hidden")),
    " ",
    h("a", { className: "otklik-dim", href: `#comment-${comment_id}` },
      h(Time, { date: comment.date, edited: shown ? comment.edited : null })));
}

/** @param {{ comment_id: number, name: string | null, onDone: () => void }} props */
function ReplyBox({ comment_id, name, onDone }) {
  const words = useWords();
  const label = words.t("reply_to", { name: name ?? "" });
  return h(Composer, { to: `reply-${comment_id}`, label, autoFocus: true, onDone });
}

/** @param {{ comment_id: number }} props */
function CommentWhy({ comment_id }) {
  /** @type {Refusal | null} */
  const refusal = useCommentPart(comment_id, refusalOf);
  return h(Why, { refusal });
}

/** @param {{ comment_id: number }} props */
function Replies({ comment_id }) {
  const words = useWords();
  const thread = useThreadOf();
  const replies = useReplies(comment_id);
  const missing = useCommentPart(comment_id, missingOf);
  const [open, setOpen] = useState(true);
  const [refusal, load] = useRefusal();
  const id = useId();
  const all = replies.length + missing;
  return h(Fragment, null,
    replies.length > 0 && h("button", {
      type: "button",
      className: "otklik-fold otklik-quiet",
      "aria-expanded": open,
      "aria-controls": id,
      onClick: () => setOpen(!open),
    }, words.t("replies", { n: all })),
    h("div", { id, className: "otklik-replies", hidden: !open },
      replies.length > 0 && h("ol", { className: "otklik-list" },
        replies.map((reply) => h(Comment, { key: reply, comment_id: reply }))),
      missing > 0 && h("button", { type: "button", className: "otklik-more", onClick: () => load(thread.loadReplies(comment_id)) },
        words.t("more_replies", { n: missing })),
      h(Why, { refusal }),
      h(Unsent, { parent: comment_id })));
}
