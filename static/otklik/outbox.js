// Comments that the server has not confirmed. Each is kept under a name of its own before it is sent, so that windows do
// not overwrite one another's, and is sent with its key until there is an answer: the key makes it one comment, however
// often it is sent, by whichever window.

import { attempt } from "./browser.js";
import { AGAIN_MS, isCut, refuse } from "./store.js";

/** @import { Refusal, Result } from "./index.js" */
/** @import { Item } from "./core.js" */
/** @import { Kept } from "./browser.js" */
/** @import { Thread } from "./thread.js" */

/** @typedef {Result<{ comment_id: number }>} Posted */

/** What asks for a longer wait than this waits for the reader instead. */
const WAIT_MS_MAX = 60_000;

// `randomUUID` is missing on pages that came over plain http.
const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

// Half a character, as a cut through an emoji leaves it, cannot be sent.
/** @param {string} text */
export const tidy = (text) => text.replace(/\p{Surrogate}/gu, "\ufffd");

export class Outbox {
  /** @type {Map<string, Item>} */
  #items = new Map();
  /** Who waits for what becomes of one. @type {Map<string, (posted: Posted) => void>} */
  #waits = new Map();
  #sending = false;
  #thread;
  #prefix;

  /** @param {Thread} thread */
  constructor(thread) {
    this.#thread = thread;
    this.#prefix = `outbox ${JSON.stringify(thread.page)} `;
    this.sync(true);
  }

  /** @param {string} comment @param {number | null} parent @returns {Promise<Posted>} */
  post(comment, parent) {
    const { session, env } = this.#thread;
    const user_id = session.writer;
    if (session.view.known && !user_id) return Promise.resolve(refuse("sign_in_first"));
    return this.#add({ key: newKey(), user_id, parent, comment: tidy(comment), since_ms: env.now(), state: "waiting", refusal: null });
  }

  /** @param {string} key @param {string} [text] @returns {Promise<Posted>} */
  postAgain(key, text) {
    const item = this.#items.get(key);
    if (item?.state !== "refused") return Promise.resolve(refuse("offline"));
    const comment = tidy(text ?? item.comment);
    this.end(key, refuse("offline"));
    // A key is for one text alone.
    return this.#add({ ...item, key: comment === item.comment ? key : newKey(), comment, state: "waiting", refusal: null });
  }

  /** Takes one out, and tells what became of it. @param {string} key @param {Posted} posted */
  end(key, posted) {
    this.#items.delete(key);
    this.#thread.session.kept.set(this.#prefix + key, "");
    this.#tell(key, posted);
    this.show();
  }

  /** Sends what waits, one after the other, where it can be sent now. */
  async pump() {
    const { session, connection, page, data } = this.#thread;
    const item = this.#own().find(({ state }) => state === "waiting");
    const { user_id } = session;
    if (!item || this.#sending || !connection.isUp()) return;
    if (!user_id) {
      if (session.view.known) this.#giveBack(item, refuse("sign_in_first"));
      return;
    }
    const { key, parent, comment } = item;
    this.#sending = true;
    this.#set({ ...item, user_id, state: "sending" });
    const answer = await connection.query("postComment", { page, parent, comment, key });
    if (answer.ok) {
      data.take([answer.comment], "own");
      this.end(key, { ok: true, comment_id: answer.comment.comment_id });
    } else if (this.#items.has(key)) await this.#refused({ ...item, user_id }, answer);
    this.#sending = false;
    void this.pump();
  }

  /** @param {Item} item @param {{ ok: false, refusal: Refusal }} answer */
  async #refused(item, answer) {
    const { code, retry_after_ms = Infinity } = answer.refusal;
    // Given up in another window meanwhile.
    if (!this.#thread.session.kept.get(this.#prefix + item.key)) return this.end(item.key, answer);
    // The server may know before the client that the reader is signed out.
    const wait_ms = code === "sign_in_first" ? AGAIN_MS : retry_after_ms;
    const waits = wait_ms <= WAIT_MS_MAX;
    if (waits || isCut(answer.refusal)) this.#set({ ...item, state: "waiting" });
    else this.#giveBack(item, answer);
    if (waits) await new Promise((resolve) => this.#thread.env.setTimeout(() => resolve(null), wait_ms));
  }

  /** It waits for the reader. @param {Item} item @param {{ ok: false, refusal: Refusal }} answer */
  #giveBack(item, answer) {
    this.#set({ ...item, state: "refused", refusal: answer.refusal });
    this.#tell(item.key, answer);
    void this.pump();
  }

  /** Takes over what the storage holds: what other windows removed, and, if `all`, what they left behind. @param {boolean} all */
  sync(all) {
    const { kept } = this.#thread.session;
    const names = new Set(namesIn(kept, this.#prefix));
    for (const { key, user_id, state } of this.#items.values()) {
      // It was posted there, or given up. What is being sent from here is answered here.
      if (user_id && state !== "sending" && !names.has(this.#prefix + key)) this.end(key, refuse("cut"));
    }
    for (const name of all ? names : []) {
      // What cannot be read was given up, or somebody else wrote it.
      /** @type {Item | undefined} */
      const item = attempt(() => JSON.parse(kept.get(name)));
      if (item && !this.#items.has(item.key)) this.#items.set(item.key, item);
    }
    this.show();
  }

  show() {
    this.#thread.put({ unsent: this.#own() });
  }

  #own() {
    const own = [...this.#items.values()].filter(({ user_id }) => !user_id || user_id === this.#thread.session.writer);
    return own.sort((a, b) => a.since_ms - b.since_ms);
  }

  /** @param {Item} item @returns {Promise<Posted>} */
  async #add(item) {
    const release = this.#thread.connection.need();
    /** @type {Promise<Posted>} */
    const told = new Promise((resolve) => this.#waits.set(item.key, resolve));
    this.#set(item);
    void this.pump();
    const posted = await told;
    release();
    return posted;
  }

  /** @param {string} key @param {Posted} posted */
  #tell(key, posted) {
    this.#waits.get(key)?.(posted);
    this.#waits.delete(key);
  }

  /** @param {Item} item */
  #set(item) {
    const { key, user_id, state } = item;
    this.#items.set(key, item);
    const text = JSON.stringify({ ...item, state: state === "refused" ? state : "waiting" });
    if (user_id) this.#thread.session.kept.set(this.#prefix + key, text);
    this.show();
  }
}

/** The names in the storage that begin so. @param {Kept} kept @param {string} start */
function namesIn({ storage, prefix, memory }, start) {
  const stored = attempt(() => storage && Array.from(storage, (_, at) => `${storage.key(at)}`)) ?? [];
  const ours = stored.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return [...ours, ...memory.keys()].filter((name) => name.startsWith(start));
}
