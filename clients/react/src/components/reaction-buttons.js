// Like and dislike, with their counts. Of a whole thread only this is rendered again when a count changes.

/** @import { Kind } from "otklik-client" */
/** @import { ReactionButtonsProps } from "../../index.js" */
import { createElement as h, memo } from "react";
import { useReaction } from "../hooks/use-reaction.js";
import { useSignedIn } from "../hooks/use-sign-in.js";
import { useWords } from "../provider.js";
import { Count } from "./count.js";
import { Icon } from "./icon.js";

/** @type {readonly Kind[]} */
const KINDS = ["like", "dislike"];

export const ReactionButtons = memo(function ReactionButtons(/** @type {ReactionButtonsProps} */ { comment_id, thread }) {
  const words = useWords();
  const reaction = useReaction(comment_id, thread);
  const signedIn = useSignedIn();
  return h("div", { className: "otklik-reactions" }, KINDS.map((kind) =>
    h("button", {
      key: kind,
      type: "button",
      className: `otklik-reaction otklik-${kind}`,
      "aria-pressed": reaction.mine === kind,
      "aria-label": words.t(`${kind}_count`, { n: reaction[kind] }),
      onClick: () => signedIn(() => reaction.press(kind)),
    }, h(Icon, { shape: "thumb" }), h(Count, { n: reaction[kind] }))));
});
