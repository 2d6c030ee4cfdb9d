// Like and dislike of one comment: the server's numbers with this reader's unanswered wish laid over them.

/** @import { CommentView, Thread } from "otklik-client" */
/** @import { UseReaction } from "../../index.js" */
import { useMemo } from "react";
import { useThreadOf } from "../thread-context.js";
import { useCommentPart } from "./use-comment.js";

const reactionOf = (/** @type {CommentView | undefined} */ comment) => ({
  like: comment?.like ?? 0,
  dislike: comment?.dislike ?? 0,
  mine: comment?.mine ?? null,
  reacting: comment?.reacting ?? false,
  refusal: comment?.refusal ?? null,
});

/** @param {number} comment_id
 * @param {Thread} [given]
 * @returns {UseReaction} */
export function useReaction(comment_id, given) {
  const thread = useThreadOf(given);
  const view = useCommentPart(comment_id, reactionOf, thread);
  return useMemo(() => ({
    ...view,
    react: (reaction) => thread.react(comment_id, reaction),
    // What is pressed is judged when it is pressed: the rendered value may be a frame old.
    press: (kind) => thread.react(comment_id, thread.comment(comment_id)?.mine === kind ? "none" : kind),
  }), [thread, comment_id, view]);
}
