// What nobody does before the first comments are on the screen. It is loaded once they are live, or at the first need.
// Each function here is a method: of a session, a thread, or the connection.

import { Outbox, tidy } from "./outbox.js";
import { LIMIT_MAX, takeMine } from "./page.js";
import { isCut, refuse } from "./store.js";

/** @import { Result, Sort } from "./index.js" */
/** @import { Entry, Message, Wish } from "./core.js" */
/** @import { Connection } from "./connection.js" */
/** @import { Session } from "./session.js" */
/** @import { Thread } from "./thread.js" */

/** What one query of `loadReactions` may ask for. */
const REACTIONS_MAX = 500;
/** What asks a reaction for a longer wait is told to the reader instead; so is what asks a second time. */
const REACTION_WAIT_MS_MAX = 5_000;

/** @type {WeakMap<Thread, Outbox>} */
const outboxes = new WeakMap();
/** Lists that are being read. @type {WeakMap<Thread, Promise<Result>>} */
const loading = new WeakMap();

/** @this {Session} @param {string} username @param {string} password */
export function signIn(username, password) {
  return this.enter(this.connection.query("signIn", { username, password }));
}

/** @this {Session} @param {string} username @param {string} password @param {string | null} [img] */
export function signUp(username, password, img) {
  return this.enter(this.connection.query("signUp", { username, password, img }));
}

/** @this {Session} @param {{ everywhere?: boolean }} [options] */
export async function signOut(options) {
  // Before anything is asked: the other windows are told by the server at once, and look here why.
  this.forget();
  const answer = await this.connection.query("signOut", options);
  this.become(null);
  if (!answer.ok) this.connection.renew();
  return answer;
}

/** @this {Session} @param {string} password @param {string} new_password */
export async function changePassword(password, new_password) {
  const { user } = this.view;
  const answer = await this.connection.query("changePassword", { password, new_password });
  if (answer.ok) this.become(user, answer.token);
  return answer;
}

/** @this {Session} @param {string | null} img */
export async function changeImg(img) {
  const answer = await this.connection.query("changeImg", { img });
  if (answer.ok && this.view.user) this.see({ user: { ...this.view.user, img: answer.img } });
  return answer;
}

/** What a push says of the reader. @this {Session} @param {Message} told */
export function hear(told) {
  const { push, role, reason } = told;
  const { stored, token, view: { user } } = this;
  if (user && push === "role") this.see({ user: { ...user, role } });
  if (!user || push !== "signedOut") return;
  // Where another window has taken the token away, or has a newer one, there is nothing to tell.
  this.become(null, "", stored === token ? reason : null);
  if (stored && stored !== token) this.adopt(stored);
}

/** Another window wrote to the storage: it may have signed in or out. @this {Session} */
export async function look() {
  if (!await this.connection.back() || this.stored === this.token) return;
  if (this.stored) this.adopt(this.stored);
  else this.signOut();
}

/** To scripts, a refused origin looks like a broken network. Over HTTP the server says which it is. @this {Connection} */
export async function explain() {
  try {
    const response = await this.env.fetch(`${this.origin}/api/hello`);
    const { code, message } = await response.json();
    this.explained = true;
    if (code !== "forbidden") return;
    this.put({ refused_origin: message });
    console.error(`${this.origin} does not list ${globalThis.location?.origin} in server.allowed_origins. ${message}`);
  } catch {
    // The network it is, then.
  }
}

/**
 * Sets a reaction, one query at a time, the last wish last. A wish that a cut left open goes out again: it sets.
 * @this {Thread}
 * @param {number} comment_id
 * @param {Wish} wish
 * @returns {Promise<Result>}
 */
export async function settle(comment_id, wish) {
  const { wishes, connection, data, env } = this;
  for (let waited = false; ;) {
    const { reaction } = wish;
    const answer = await connection.query("react", { comment_id, reaction });
    const { retry_after_ms = Infinity } = answer.ok ? {} : answer.refusal;
    let again = false;
    if (answer.ok) {
      data.react(answer);
      wish.before = undefined;
      again = wish.reaction !== reaction;
    } else if (isCut(answer.refusal)) {
      const entry = data.entries.get(comment_id);
      wish.before ??= entry && { ...entry };
      again = await connection.back();
    } else if (retry_after_ms <= REACTION_WAIT_MS_MAX && !waited) {
      again = waited = true;
      await new Promise((resolve) => env.setTimeout(() => resolve(null), retry_after_ms));
    }
    if (!again || wishes.get(comment_id) !== wish) return answer;
  }
}

/**
 * Asks what the reader thinks of comments, of all unless told otherwise: tallies do not say it, and a `reacted` may have
 * been missed.
 * @this {Thread}
 * @param {Entry[]} [entries]
 */
export function loadMine(entries = [...this.data.entries.values()]) {
  const load = async (/** @type {Entry[]} */ some) => {
    const told = some.map((entry) => entry.told);
    const answer = await this.connection.ask("loadReactions", { comment_ids: some.map((entry) => entry.comment_id) });
    if (!answer.ok) return this.again(answer.refusal, () => this.loadMine(some));
    const mine = new Map(answer.reactions);
    for (const [at, entry] of some.entries()) {
      // What was told meanwhile is newer.
      if (entry.told === told[at]) takeMine(entry, mine.get(entry.comment_id) ?? null, entry.mine_rev);
      this.touch(entry.comment_id, true);
    }
  };
  const length = this.session.stored ? entries.length : 0;
  for (let at = 0; at < length; at += REACTIONS_MAX) void load(entries.slice(at, at + REACTIONS_MAX));
}

/** @this {Thread} @param {Sort} sort */
export async function setSort(sort) {
  const { data, options, page } = this;
  const list = this.next_list = {};
  const answer = await this.connection.query("loadComments", { page, sort, ...options });
  if (!answer.ok || list !== this.next_list) return answer;
  this.list = list;
  data.sort = sort;
  data.list(answer, true);
  this.refresh();
  return answer;
}

/** @this {Thread} */
export function loadMore() {
  const { data, options, page, list } = this;
  const { cursor, sort } = data;
  const load = async () => {
    this.put({ loading_more: true });
    const answer = await (cursor ? this.connection.query("loadComments", { page, sort, ...options, cursor }) : { ok: true });
    if (answer.ok && cursor && list === this.list) data.list(answer);
    loading.delete(this);
    this.refresh({ loading_more: false });
    return answer;
  };
  const loaded = loading.get(this) ?? load();
  loading.set(this, loaded);
  return loaded;
}

/** @this {Thread} @param {number} parent */
export async function loadReplies(parent) {
  const { data, options, page } = this;
  const { entries } = data;
  const { cursor } = entries.get(parent) ?? {};
  const answer = await this.connection.query("loadComments", { page, parent, sort: "oldest", ...options, limit: LIMIT_MAX, cursor });
  // After a fresh start it may be held no longer, or anew.
  const entry = entries.get(parent);
  if (!answer.ok || !entry) return answer;
  data.take(answer.comments, "list");
  entry.cursor = answer.next ?? undefined;
  if (!entry.replies.length) entry.listed = false;
  data.climb(entry, true);
  return answer;
}

/** @this {Thread} @param {number} id @returns {Promise<Result<{ found: boolean }>>} */
export async function find(id) {
  const { data, connection } = this;
  const { entries, seen } = data;
  /** @type {(at: number) => boolean} */
  const isReached = (at) => {
    const { parent } = entries.get(at)?.record ?? {};
    return parent !== undefined && seen(at) && (parent ? isReached(parent) : data.top.includes(at));
  };
  const comments = [];
  // A long way up comes in several answers.
  for (let at = isReached(id) ? null : id; at; at = comments[0].parent) {
    const answer = await connection.query("findComment", { comment_id: at });
    if (!answer.ok && answer.refusal.code !== "not_found") return answer;
    if (!answer.ok || answer.page !== this.page || !answer.comments.length) return { ok: true, found: false };
    comments.unshift(...answer.comments);
  }
  if (comments.length) {
    data.take(comments, "list");
    const [{ comment_id }] = comments;
    data.fresh.delete(comment_id);
    // At the head, whatever the order.
    if (!data.top.includes(comment_id)) data.top.unshift(comment_id);
    data.touch(null, true);
  }
  return { ok: true, found: isReached(id) };
}

/** @this {Thread} @param {number} id @param {string} comment */
export async function edit(id, comment) {
  const answer = await write(this, "editComment", { comment_id: id, comment: tidy(comment) });
  if (answer.ok) this.data.take([answer.comment], "own");
  return answer;
}

/** @this {Thread} @param {number} id */
export async function remove(id) {
  const answer = await write(this, "deleteComment", { comment_id: id });
  const entry = this.data.entries.get(id);
  if (answer.ok && entry) {
    // Until a record says so.
    entry.gone = true;
    this.data.climb(entry, true);
  }
  return answer;
}

/** @this {Thread} @param {string} comment @param {number | null} [parent] */
export function post(comment, parent = null) {
  return outbox(this).post(comment, parent);
}

/** @this {Thread} @param {string} key @param {string} [comment] */
export function postAgain(key, comment) {
  return outbox(this).postAgain(key, comment);
}

/** @this {Thread} @param {string} key */
export function discard(key) {
  outbox(this).end(key, refuse("offline"));
}

/** The line is live, or the reader is another one. @this {Thread} */
export function wake() {
  outbox(this).sync(true);
  return outbox(this).pump();
}

/** Another window wrote to the storage. @this {Thread} */
export function sync() {
  outbox(this).sync(false);
}

/** @param {Thread} thread */
function outbox(thread) {
  const made = outboxes.get(thread) ?? new Outbox(thread);
  outboxes.set(thread, made);
  return made;
}

/**
 * Edits or deletes. What a cut left open is asked again: done twice, it comes to the same.
 * @param {Thread} thread
 * @param {string} type_query
 * @param {{ comment_id: number, comment?: string }} members
 * @returns {Promise<Result<any>>}
 */
async function write(thread, type_query, members) {
  const { session, connection, refusals } = thread;
  const { user_id } = session;
  refusals.delete(members.comment_id);
  let answer;
  do answer = user_id ? await connection.query(type_query, members) : refuse("sign_in_first");
  while (!answer.ok && answer.refusal.code === "cut" && await connection.back() && user_id === session.user_id);
  if (!answer.ok) refusals.set(members.comment_id, answer.refusal);
  thread.touch(members.comment_id, true);
  return answer;
}
