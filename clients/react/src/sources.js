// One way from the client's stores into React: `useSource`. A source is a store with what a server would have read.

/** @import { Client, CommentView, ConnectionView, SessionView, Thread, ThreadView } from "otklik-client" */
import { useMemo, useSyncExternalStore } from "react";
import { stillOf, stillThreadOf } from "./still.js";

/**
 * @template T
 * @typedef {object} Source
 * @property {(listener: () => void) => () => void} subscribe
 * @property {() => T} get
 * @property {() => T} still What a server reads, and hydration before it has caught up.
 */

const NOTHING = Symbol("nothing read yet");

/** What `select` takes of a source. It is the same object for as long as it is equal, one level deep, so that a
 * component renders again only when something that it takes has changed; `select` must be one function, not a new one
 * each time.
 * @template T, S
 * @param {Source<T>} source
 * @param {(value: T) => S} select
 * @returns {S} */
export function useSource(source, select) {
  const [read, readStill] = useMemo(() => {
    /** @type {S | typeof NOTHING} */
    let last = NOTHING;
    // Hydration leaves here what it read: where the live store holds the same, nothing is rendered a second time.
    const keep = (/** @type {S} */ next) => {
      if (last === NOTHING || !same(last, next)) last = next;
      return last;
    };
    return [() => keep(select(source.get())), () => keep(select(source.still()))];
  }, [source, select]);
  return useSyncExternalStore(source.subscribe, read, readStill);
}

/** @param {Client} client
 * @returns {Source<SessionView>} */
export const sessionSource = (client) => ({
  subscribe: (listener) => client.session.subscribe(listener),
  get: () => client.session.get(),
  still: () => stillOf(client).session.get(),
});

/** @param {Client} client
 * @returns {Source<ConnectionView>} */
export const connectionSource = (client) => ({
  subscribe: (listener) => client.connection.subscribe(listener),
  get: () => client.connection.get(),
  still: () => stillOf(client).connection.get(),
});

/** @param {Thread} thread
 * @returns {Source<ThreadView>} */
export const threadSource = (thread) => ({
  subscribe: (listener) => thread.subscribe(listener),
  get: () => thread.get(),
  still: () => stillThreadOf(thread).get(),
});

/** @param {Thread} thread
 * @param {number} comment_id
 * @returns {Source<CommentView | undefined>} */
export const commentSource = (thread, comment_id) => ({
  subscribe: (listener) => thread.watch(comment_id, listener),
  get: () => thread.comment(comment_id),
  still: () => stillThreadOf(thread).comment(comment_id),
});

/** @param {Thread} thread
 * @param {number} comment_id
 * @returns {Source<readonly number[]>} */
export const repliesSource = (thread, comment_id) => ({
  subscribe: (listener) => thread.watch(comment_id, listener),
  get: () => thread.replies(comment_id),
  still: () => stillThreadOf(thread).replies(comment_id),
});

/** Equal one level deep; lists inside are compared by what they hold.
 * @param {unknown} a
 * @param {unknown} b
 * @param {boolean} [inner]
 * @returns {boolean} */
export function same(a, b, inner = false) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (Array.isArray(a) !== Array.isArray(b) || (inner && !Array.isArray(a))) return false;
  const left = Object.entries(a);
  const right = new Map(Object.entries(b));
  return left.length === right.size
    && left.every(([key, value]) => right.has(key) && same(value, right.get(key), true));
}
