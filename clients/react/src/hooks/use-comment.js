// One comment. Who uses it renders again when that comment changes, and not when another one does.

/** @import { CommentView, Thread } from "otklik-client" */
/** @import { UseComment } from "../../index.js" */
import { useMemo } from "react";
import { commentSource, repliesSource, useSource } from "../sources.js";
import { useThreadOf } from "../thread-context.js";

const wholeComment = (/** @type {CommentView | undefined} */ comment) => comment;
const wholeList = (/** @type {readonly number[]} */ replies) => replies;

/** @param {number} comment_id
 * @param {Thread} [given]
 * @returns {UseComment} */
export function useComment(comment_id, given) {
  const thread = useThreadOf(given);
  const comment = useCommentPart(comment_id, wholeComment, thread);
  const replies = useReplies(comment_id, thread);
  return useMemo(() => ({
    comment,
    replies,
    edit: (text) => thread.edit(comment_id, text),
    remove: () => thread.remove(comment_id),
    reply: (text) => thread.post(text, comment_id),
    loadReplies: () => thread.loadReplies(comment_id),
  }), [thread, comment_id, comment, replies]);
}

/** What `select` takes of the comment; `select` must be one function, not a new one each time.
 * @template S
 * @param {number} comment_id
 * @param {(comment: CommentView | undefined) => S} select
 * @param {Thread} [given]
 * @returns {S} */
export function useCommentPart(comment_id, select, given) {
  const thread = useThreadOf(given);
  return useSource(useMemo(() => commentSource(thread, comment_id), [thread, comment_id]), select);
}

/** @param {number} comment_id
 * @param {Thread} [given] */
export function useReplies(comment_id, given) {
  const thread = useThreadOf(given);
  return useSource(useMemo(() => repliesSource(thread, comment_id), [thread, comment_id]), wholeList);
}
