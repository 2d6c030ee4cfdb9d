// One page's comments as its reader sees them: objects that stay the same until something in them changes. While the
// reader pauses, what others do is held, and only looks as it did before.

import { LIMIT_MAX, Page, isShown } from "./page.js";
import { AGAIN_MS, Store, isCut, keep, later, refuse } from "./store.js";

/** @import { CommentView, Environment, Kind, Reaction, Refusal, Result, Snapshot, ThreadOptions, ThreadView } from "./index.js" */
/** @import { Entry, Look, Message, Wish } from "./core.js" */
/** @import { Connection } from "./connection.js" */
/** @import { Session } from "./session.js" */

const AGAIN_LATER_MS = 30_000;
/** How late the end of an edit window may be seen. */
const EDIT_MS = 15_000;

/** @type {Look} */
const NOTHING = { comment: undefined, replies: [] };

/** @extends {Store<ThreadView>} */
export class Thread extends Store {
  /** Wishes that the server has not confirmed. @type {Map<number, Wish>} */
  wishes = new Map();
  /** Why the last act on a comment was refused. @type {Map<number, Refusal>} */
  refusals = new Map();
  /** The list that the cursor belongs to, and the one that is to come in its place. */
  list = {};
  next_list = {};
  setSort = later("setSort");
  loadMore = later("loadMore");
  loadReplies = later("loadReplies");
  find = later("find");
  post = later("post");
  postAgain = later("postAgain");
  discard = later("discard");
  edit = later("edit");
  remove = later("remove");
  wake = later("wake");
  sync = later("sync");
  settle = later("settle");
  loadMine = later("loadMine");
  #opens = 0;
  /** The last subscribe that is not answered. @type {object | null} */
  #asked = null;
  /** @type {Map<number, Look>} */
  #looks = new Map();
  /** What changed (null: the top) since the last frame, and since the pause. @type {Set<number | null>} */
  #touched = new Set();
  /** @type {Set<number | null>} */
  #held_back = new Set();
  /** @type {Map<number | null, Set<{ told: Look, listener: () => void }>>} */
  #watchers = new Map();
  #ticking = false;

  /**
   * @param {Environment} env
   * @param {Connection} connection
   * @param {Session} session
   * @param {string} page
   * @param {ThreadOptions} options
   */
  constructor(env, connection, session, page, { sort = "newest", limit = 20, replies = 3, snapshot }) {
    const lists = { top: [], fresh: 0, more: false, loading_more: false, unsent: [] };
    super(env, { page, status: "loading", refusal: null, total: 0, viewers: 0, sort, ...lists, paused: false, rev: 0, epoch: null });
    this.connection = connection;
    this.session = session;
    this.page = page;
    this.options = { limit, replies };
    this.data = new Page(sort, session, (id, own) => this.touch(id, own));
    if (snapshot) this.fill(snapshot);
  }

  get = () => {
    if (this.#touched.has(null)) {
      const { top, fresh, seen, paused } = this.data;
      const waiting = [...fresh].filter(seen).length;
      this.put({ top: top.filter(seen), fresh: paused ? Math.min(waiting, this.view.fresh) : waiting });
    }
    return this.view;
  };

  open() {
    const release = this.connection.need();
    let open = 1;
    this.#opens += 1;
    if (this.#opens === 1) {
      this.greet();
      this.sync();
    }
    return () => {
      this.#opens -= open;
      if (open && !this.#opens) this.connection.ask("unsubscribe", { page: this.page });
      open = 0;
      release();
    };
  }

  /** @param {Snapshot} snapshot */
  fill(snapshot) {
    if (!this.data.epoch) this.#begin(snapshot);
  }

  /** @param {number} id */
  comment = (id) => this.#look(id).comment;

  /** @param {number} id */
  replies = (id) => this.#look(id).replies;

  showFresh = () => this.data.showFresh();

  /** @param {number} id @param {() => void} listener */
  watch(id, listener) {
    const watchers = this.#watchers.get(id) ?? new Set();
    const watcher = { told: this.#look(id), listener };
    this.#watchers.set(id, watchers.add(watcher));
    return () => void watchers.delete(watcher);
  }

  pause() {
    // What came before it is shown.
    this.flush();
    this.data.paused = true;
    this.put({ paused: true });
  }

  resume() {
    const { data } = this;
    data.paused = false;
    if (data.endsOpen() || !data.top.some(data.seen)) data.showFresh();
    for (const id of this.#held_back) this.touch(id, true);
    this.#held_back.clear();
    this.refresh({ paused: false });
  }

  /** @param {number} id @param {Reaction} reaction @returns {Promise<Result>} */
  react(id, reaction) {
    if (this.session.view.known && !this.session.user_id) return Promise.resolve(refuse("sign_in_first"));
    const wish = this.wishes.get(id) ?? { reaction, done: null };
    wish.reaction = reaction;
    this.wishes.set(id, wish);
    this.refusals.delete(id);
    this.touch(id, true);
    return (wish.done ??= this.#settle(id, wish));
  }

  /** @param {number} id @param {Wish} wish @returns {Promise<Result>} */
  async #settle(id, wish) {
    const answer = await this.settle(id, wish);
    // Whoever is signed in now, it may be another one than wished it.
    if (this.wishes.get(id) !== wish) return answer;
    this.wishes.delete(id);
    if (!answer.ok) this.refusals.set(id, answer.refusal);
    this.touch(id, true);
    return answer;
  }

  /** @param {string} to */
  draft = (to) => this.session.kept.get(this.#draft(to));

  /** @param {string} to @param {string} text */
  setDraft = (to, text) => this.session.kept.set(this.#draft(to), text);

  /** @param {string} to */
  #draft = (to) => `draft ${JSON.stringify(this.page)} ${to}`;

  /** What goes out for the page on a new line. */
  greet() {
    const asked = this.#opens && this.#follow();
    if (asked) this.loadMine();
    return asked;
  }

  /** @param {Message} push */
  hear(push) {
    const { data } = this;
    const { comment_id, viewers, reaction } = push;
    if (push.push === "update" && !data.update(push) && this.#opens && !this.#asked) this.#follow();
    if (push.push === "reset" && this.#opens) this.#follow(true);
    if (push.push === "viewers") data.viewers = viewers;
    this.refresh();
    if (data.unsure.length) this.loadMine(data.unsure.splice(0));
    // It is part of a change that the page was not told of yet.
    if (push.push === "reacted") data.react({ comment_id, reaction, rev: data.rev + 1 });
  }

  /** The reader, or the server's limits, are others. @param {boolean} user_changed */
  renew(user_changed) {
    for (const id of this.data.entries.keys()) this.touch(id, true);
    if (user_changed) {
      this.data.forget();
      this.wishes.clear();
      this.refusals.clear();
      if (this.connection.isUp()) this.loadMine();
    }
    if (this.connection.isUp()) this.wake();
  }

  /** Says that something of a comment (null: of the top) changed. @param {number | null} id @param {boolean} own the reader's own doing */
  touch(id, own) {
    if (this.data.paused && !own) return void this.#held_back.add(id);
    this.#touched.add(id);
    this.soon();
  }

  /** Takes over what the page says of itself. @param {Partial<ThreadView>} [part] */
  refresh(part) {
    const { cursor, sort, epoch, rev, total, viewers, paused } = this.data;
    const { refusal } = { ...this.view, ...part };
    const status = epoch ? "ready" : refusal ? "failed" : "loading";
    this.put({ status, sort, more: !!cursor, ...paused ? {} : { epoch, rev, total, viewers }, ...part });
  }

  flush() {
    super.flush();
    const looks = [...this.#touched].map((id) => /** @type {const} */ ([id, this.#look(id ?? 0)]));
    this.#touched.clear();
    for (const [id, look] of looks) {
      for (const watcher of [...this.#watchers.get(id) ?? []]) {
        if (watcher.told === look) continue;
        watcher.told = look;
        watcher.listener();
      }
    }
  }

  /** @param {number} id @returns {Look} */
  #look(id) {
    const before = this.#looks.get(id) ?? NOTHING;
    const entry = this.data.entries.get(id);
    if (!entry) {
      this.#looks.delete(id);
      return NOTHING;
    }
    if (before !== NOTHING && !this.#touched.has(id)) return before;
    const comment = keep(this.#view(entry), before.comment);
    const replies = keep(entry.replies.filter(this.data.seen), before.replies);
    const look = comment === before.comment && replies === before.replies ? before : { comment, replies };
    this.#looks.set(id, look);
    return look;
  }

  /** @param {Entry} entry @returns {CommentView} */
  #view({ comment_id, gone, ...entry }) {
    const record = gone ? { ...entry.record, state: "deleted", user_id: null, username: null, img: null } : entry.record;
    const { user, limits, skew_ms } = this.session.view;
    const wish = this.wishes.get(comment_id);
    const base = wish?.before ?? entry;
    const mine = wish ? /** @type {Kind | null} */ (wish.reaction === "none" ? null : wish.reaction) : entry.mine;
    // Another session's reaction is told before the numbers that it is in.
    const count = (/** @type {Kind} */ kind) => base[kind] + (wish ? Math.max(-base[kind], Number(mine === kind) - Number(base.mine === kind)) : 0);
    const shown = isShown(record);
    const own = shown && record.user_id === user?.user_id;
    const edit_ms = Date.parse(record.date) + (limits?.edit_window_s ?? 0) * 1_000 - skew_ms - this.env.now();
    const may_edit = own && edit_ms > 0;
    if (may_edit) this.#tick();
    let depth = 0;
    for (let { parent } = record; parent; parent = this.data.entries.get(parent)?.record.parent ?? null) depth += 1;
    return {
      ...record,
      comment: shown ? record.comment : "",
      like: count("like"),
      dislike: count("dislike"),
      mine,
      depth,
      reacting: !!wish,
      refusal: this.refusals.get(comment_id) ?? null,
      own,
      may_edit,
      may_delete: own || shown && /moderator|admin/.test(`${user?.role}`),
      may_reply: shown && depth < (limits?.reply_depth_max || Infinity),
      // One that is listed for what is under it has something under it.
      replies_missing: Math.max(record.replies - entry.shown, Number(entry.listed && !entry.replies.length)),
    };
  }

  #tick() {
    if (this.#ticking || this.connection.view.state === "idle") return;
    this.#ticking = true;
    this.env.setTimeout(() => {
      this.#ticking = false;
      for (const [id, { comment }] of this.#looks) if (comment?.may_edit) this.touch(id, true);
    }, EDIT_MS);
  }

  /** Subscribes: from where it stands, or afresh. @param {boolean} [afresh] @returns {Promise<void>} */
  async #follow(afresh) {
    const { page, data, options } = this;
    const { epoch, rev, sort, top } = data;
    const asked = this.#asked = {};
    // A fresh start shall leave the reader what they had unrolled, as far as it fits.
    const limit = Math.min(LIMIT_MAX, Math.max(options.limit, top.length));
    const from = afresh || !epoch ? {} : { since: rev, epoch };
    const answer = await this.connection.ask("subscribe", { page, sort, ...options, limit, ...from });
    if (asked !== this.#asked) return;
    this.#asked = null;
    if (!answer.ok) {
      if (!isCut(answer.refusal)) this.refresh({ refusal: answer.refusal });
      return this.again(answer.refusal, () => this.#opens && !this.#asked && this.#follow());
    }
    if (answer.resumed) data.resume(answer);
    else if (sort === data.sort) this.#begin(answer);
    else return this.#follow(true);
    this.refresh({ refusal: null });
  }

  /** What a cut left open is asked anew on the next line; for anything else it is tried again here. @param {Refusal} refusal @param {() => unknown} run */
  again(refusal, run) {
    if (isCut(refusal)) return;
    const wait_ms = refusal.retry_after_ms ?? (refusal.retry ? AGAIN_MS : AGAIN_LATER_MS);
    this.env.setTimeout(() => this.connection.isUp() && run(), wait_ms);
  }

  /** @param {Snapshot} told */
  #begin(told) {
    this.list = {};
    this.data.begin(told);
    this.refresh();
  }
}
