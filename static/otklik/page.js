// A page's comments in memory: what is held, who stands under whom, in which order the top is shown; and the law by which
// what the server says is taken over, however often, late or out of order it comes. Of a record and of a tally stays the
// one with the highest revision. They are kept apart, because the answer to a reaction is at the page's revision, while
// an edit made before it may still be on its way.

/** @import { CommentRecord, Sort } from "./index.js" */
/** @import { Entry, Message, Told, Way } from "./core.js" */
/** @import { Session } from "./session.js" */

/** What one list may hold. */
export const LIMIT_MAX = 100;

export class Page {
  /** @type {Map<number | null, Entry>} */
  entries = new Map();
  /** Top-level comments in the order of the screen, with those among them that are not seen. @type {number[]} */
  top = [];
  /** Those that came since and wait for the reader. @type {Set<number>} */
  fresh = new Set();
  /** Where the list goes on. @type {string | null} */
  cursor = null;
  /** @type {string | null} */
  epoch = null;
  rev = 0;
  total = 0;
  viewers = 0;
  paused = false;
  /** Older comments that a push has brought, which does not say what the reader thinks of them. @type {Entry[]} */
  unsure = [];
  /** By `newest`: what is above it was listed, or came since. */
  #floor = 0;
  #begun_ms = 0;
  /** Since when this reader has been told of each reaction of theirs: a cut, or another reader, begins it anew. */
  #told_ms = 0;
  /** The reader's reactions that were told before their comments. @type {Map<number, any>} */
  #early = new Map();

  /**
   * @param {Sort} sort
   * @param {Session} session
   * @param {(comment_id: number | null, own: boolean) => void} touch told what changed, null for the top, and whether
   *   it is the reader's own doing
   */
  constructor(sort, session, touch) {
    this.sort = sort;
    this.session = session;
    this.touch = touch;
  }

  /** Begins afresh with a first screen. @param {Told} told */
  begin(told) {
    for (const id of this.entries.keys()) this.touch(id, true);
    this.entries.clear();
    this.fresh.clear();
    this.#early.clear();
    this.top = [];
    this.#begun_ms = this.#told_ms = this.session.env.now();
    const { epoch, rev, total, viewers } = told;
    Object.assign(this, { epoch, rev, total, viewers });
    this.list(told, true);
  }

  /** Goes on after a cut. @param {Told} told */
  resume(told) {
    this.#early.clear();
    this.#told_ms = this.session.env.now();
    this.update({ ...told, from: this.rev });
  }

  /** Takes over a push; false where something before it was missed. @param {Told} told */
  update({ comments = [], tallies = [], from = 0, rev = 0, total, viewers }) {
    this.take(comments, "push");
    for (const [id, like, dislike, tally_rev] of tallies) {
      const entry = this.entries.get(id);
      if (entry) takeTally(entry, like, dislike, tally_rev);
      this.touch(id, false);
    }
    const whole = from <= this.rev;
    Object.assign(this, { viewers }, whole && rev >= this.rev && { rev, total });
    return whole;
  }

  /** Takes over records. Parents come before their replies: by number. @param {readonly CommentRecord[]} records @param {Way} way */
  take(records, way) {
    const empty = !this.fresh.size && !this.top.some(this.seen);
    for (const record of [...records].sort((a, b) => a.comment_id - b.comment_id)) {
      const held = this.entries.has(record.comment_id);
      if (this.#hold(record, way) && !held && !record.parent && way !== "list") this.#arrive(record, way === "own" || empty);
    }
  }

  /** Takes over a list of the top, another one than before if `anew`. @param {Told} told @param {boolean} [anew] */
  list({ comments = [], next = null, rev = 0 }, anew) {
    const before = anew ? [...this.top, ...this.fresh] : [];
    if (anew) {
      this.top = [];
      this.fresh.clear();
      this.#floor = Infinity;
    }
    this.take(comments, "list");
    for (const { parent, comment_id } of comments) {
      if (parent) continue;
      this.place(comment_id, this.top.length);
      this.#floor = Math.min(this.#floor, comment_id);
    }
    this.cursor = next;
    this.touch(null, true);
    // What came while it was read is not in it.
    const late = before.filter((id) => !this.top.includes(id)).map((id) => this.#get(id).record);
    const empty = !this.top.length;
    for (const record of late) if (record.rev > rev && this.#isNew(record)) this.#arrive(record, empty);
  }

  /** Puts a comment into the top where it is not yet. `newest` and `oldest` say where, the others do not. @param {number} id @param {number} at */
  place(id, at) {
    const { top, sort } = this;
    this.fresh.delete(id);
    if (top.includes(id)) return;
    if (sort === "newest") at = top.findLastIndex((other) => other > id) + 1;
    if (sort === "oldest") at = after(top, id);
    top.splice(at, 0, id);
    this.touch(null, true);
  }

  showFresh() {
    for (const id of this.fresh) this.place(id, 0);
  }

  /** Whether what comes next stands at the end of all, where it moves nothing. */
  endsOpen() {
    return this.sort === "oldest" && !this.cursor;
  }

  /** Takes over what the reader's reaction came to, here or in another session. @param {Message} told */
  react({ comment_id, like, dislike, reaction, rev }) {
    const entry = this.entries.get(comment_id);
    if (!entry) return void this.#early.set(comment_id, reaction);
    if (like >= 0) takeTally(entry, like, dislike, rev);
    takeMine(entry, reaction, rev);
    this.touch(comment_id, true);
  }

  /** Another reader's reactions are not known. */
  forget() {
    this.#early.clear();
    this.#told_ms = this.session.env.now();
    for (const entry of this.entries.values()) Object.assign(entry, { mine: null, mine_rev: 0 });
  }

  /** What is not shown is seen while it carries something that is. @param {number} id @returns {boolean} */
  seen = (id) => {
    const { record, replies, listed, gone } = this.#get(id);
    return !gone && isShown(record) || record.replies > 0 || (replies.length ? replies.some(this.seen) : listed);
  };

  /** It may be seen otherwise now, and so may all above it. @param {Entry} entry @param {boolean} own */
  climb(entry, own) {
    this.touch(entry.comment_id, own);
    const above = this.entries.get(entry.record.parent);
    if (above) this.climb(above, own);
    else this.touch(null, own);
  }

  /** Takes over a record, where it has a place: what has none is no loss, as a list that has it comes with all of it. @param {CommentRecord} record @param {Way} way */
  #hold(record, way) {
    const { comment_id, parent, replies } = record;
    const listed = way === "list" && !isShown(record);
    const above = this.entries.get(parent);
    let entry = this.entries.get(comment_id);
    const was = entry && isShown(entry.record);
    if (!entry) {
      if (parent ? !above : way === "push" && !this.#isNew(record)) return false;
      if (!isShown(record) && !replies && !listed) return false;
      entry = entryOf({ mine: this.#early.get(comment_id), ...record });
      const told = way !== "push" || record.mine !== undefined || this.#isSince(record, this.#told_ms);
      if (!told && record.like + record.dislike) this.unsure.push(entry);
      this.entries.set(comment_id, entry);
      above?.replies.splice(after(above.replies, comment_id), 0, comment_id);
    } else if (!takeRecord(entry, record)) {
      if (way === "list" && record.rev === entry.record.rev) entry.listed = listed;
      this.touch(comment_id, way !== "push");
      return true;
    }
    entry.listed = listed;
    if (above) above.shown += Number(isShown(record)) - Number(was ?? 0);
    this.climb(entry, way !== "push");
    return true;
  }

  /** Whether a top-level comment has come since, or lies beyond what was listed. @param {CommentRecord} record */
  #isNew(record) {
    if (!this.cursor) return true;
    if (this.sort === "newest") return record.comment_id > this.#floor;
    return this.sort !== "oldest" && this.#isSince(record, this.#begun_ms);
  }

  /** Whether it was written after that. @param {CommentRecord} record @param {number} ms */
  #isSince({ date }, ms) {
    return Date.parse(date) - this.session.view.skew_ms > ms;
  }

  /** @param {CommentRecord} record @param {boolean} joins */
  #arrive({ comment_id, user_id }, joins) {
    if (user_id === this.session.user_id || !this.paused && (joins || this.endsOpen())) this.place(comment_id, 0);
    else this.fresh.add(comment_id);
  }

  /** @param {number} id */
  #get(id) {
    return /** @type {Entry} */ (this.entries.get(id));
  }
}

/** @param {CommentRecord} record */
export const isShown = ({ state }) => state === "shown";

/** Where a number belongs among growing ones. @param {number[]} ids @param {number} id */
const after = (ids, id) => ids.findLastIndex((other) => other < id) + 1;

/** @param {CommentRecord} record @returns {Entry} */
function entryOf(record) {
  const { comment_id, like, dislike, rev } = record;
  const entry = { comment_id, record, like, dislike, tally_rev: rev, mine: null, mine_rev: 0, told: 0, replies: [], shown: 0, listed: false, gone: false };
  takeMine(entry, record.mine, 0);
  return entry;
}

/** Whether the record is newer than the one held. @param {Entry} entry @param {CommentRecord} record */
function takeRecord(entry, record) {
  const { like, dislike, rev, mine } = record;
  if (mine !== undefined && rev >= entry.mine_rev) takeMine(entry, mine, rev);
  if (rev <= entry.record.rev) return false;
  entry.record = record;
  entry.gone = false;
  takeTally(entry, like, dislike, rev);
  return true;
}

/** @param {Entry} entry @param {number} like @param {number} dislike @param {number} rev */
function takeTally(entry, like, dislike, rev) {
  if (rev > entry.tally_rev) Object.assign(entry, { like, dislike, tally_rev: rev });
}

/** @param {Entry} entry @param {string | null | undefined} mine @param {number} rev from which on a record may tell otherwise */
export function takeMine(entry, mine, rev) {
  Object.assign(entry, { mine: mine === "none" ? null : mine ?? null, mine_rev: rev, told: entry.told + 1 });
}
