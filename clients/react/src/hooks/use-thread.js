// One page's comments: what is known of it, and what can be done with it.

/** @import { Thread, ThreadOptions, ThreadView } from "otklik-client" */
/** @import { UseThread } from "../../index.js" */
import { useMemo } from "react";
import { useClient } from "../provider.js";
import { threadSource, useSource } from "../sources.js";
import { threadOf } from "../still.js";
import { useOpen, useThreadNear, useThreadOf } from "../thread-context.js";

const whole = (/** @type {ThreadView} */ view) => view;

/** @param {string} [page]
 * @param {ThreadOptions} [options]
 * @returns {UseThread} */
export function useThread(page, options) {
  const client = useClient();
  const near = useThreadNear();
  const own = page === undefined ? null : threadOf(client, page, options);
  const thread = own ?? near;
  if (!thread) throw new Error("useThread needs a page, or a ThreadProvider above it.");
  useOpen(own);
  const view = useThreadPart(whole, thread);
  const acts = useMemo(() => actsOf(thread), [thread]);
  return useMemo(() => ({ ...view, ...acts }), [view, acts]);
}

/** What `select` takes of the page; `select` must be one function, not a new one each time.
 * @template S
 * @param {(view: ThreadView) => S} select
 * @param {Thread} [given]
 * @returns {S} */
export function useThreadPart(select, given) {
  const thread = useThreadOf(given);
  return useSource(useMemo(() => threadSource(thread), [thread]), select);
}

/** @param {Thread} thread
 * @returns {Omit<UseThread, keyof ThreadView>} */
function actsOf(thread) {
  return {
    thread,
    post: (comment, parent) => thread.post(comment, parent),
    postAgain: (key, comment) => thread.postAgain(key, comment),
    discard: (key) => thread.discard(key),
    setSort: (sort) => thread.setSort(sort),
    loadMore: () => thread.loadMore(),
    showFresh: () => thread.showFresh(),
    pause: () => thread.pause(),
    resume: () => thread.resume(),
    find: (comment_id) => thread.find(comment_id),
  };
}
