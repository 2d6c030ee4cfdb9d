// A small server that keeps docs/protocol.md as far as one page's comments go, and does by chance whatever it leaves
// open: when a query runs, when its answer and the pushes go out, how pushes are cut, and when a reader is reset.

import { LIMITS } from "./world.mjs";

const SORTS = {
  newest: (a, b) => b.comment_id - a.comment_id,
  oldest: (a, b) => a.comment_id - b.comment_id,
  top: (a, b) => likes(b) - dislikes(b) - likes(a) + dislikes(a) || b.comment_id - a.comment_id,
  controversial: (a, b) => Math.min(likes(b), dislikes(b)) - Math.min(likes(a), dislikes(a)) || b.comment_id - a.comment_id,
};
const IDENTITY = ["signIn", "signInWithToken", "signOut"];

const sum = (comment, kind) => [...comment.reactions.values()].filter((reaction) => reaction === kind).length;
const likes = (comment) => sum(comment, "like");
const dislikes = (comment) => sum(comment, "dislike");

export class Model {
  users = new Map([[1, "alice"], [2, "bob"], [3, "carol"]]);
  epoch = "epoch-0";
  /** @type {Map<string, Page>} */
  pages = new Map();
  sessions = new Set();
  last_id = 0;
  resume_max = 12;
  up = true;
  /** Why a query is refused, by chance: gives a code or nothing. */
  trouble = () => null;

  constructor(clock, random) {
    this.clock = clock;
    this.random = random;
  }

  page(key) {
    if (!this.pages.has(key)) this.pages.set(key, { rev: 0, comments: new Map(), past: [new Map()] });
    return this.pages.get(key);
  }

  /** Takes a client's line. */
  connect(socket) {
    if (!this.up) return queueMicrotask(() => socket.drop(1006));
    const session = { socket, queries: [], out: [], late: [], pages: new Map(), user_id: null };
    this.sessions.add(session);
    socket.heard = (query) => session.queries.push(query);
    socket.ended = () => this.sessions.delete(session);
    queueMicrotask(() => {
      if (socket.readyState === 0) socket.open();
    });
  }

  cut(session, code = 1006) {
    this.sessions.delete(session);
    session.socket.drop(code);
  }

  /** One thing happens, by chance. False where there is nothing to happen. */
  step() {
    const { random } = this;
    const moves = [];
    for (const session of this.sessions) {
      if (session.socket.readyState !== 1) continue;
      if (session.queries.length) moves.push(() => this.run(session));
      if (session.out.length) moves.push(() => session.socket.say(session.out.shift()()));
      if (session.late.length && random.below(6) === 0) moves.push(() => this.release(session));
      for (const [key, told] of session.pages) {
        if (told.rev < this.page(key).rev) moves.push(() => this.push(session, key, told));
      }
    }
    if (moves.length) random.pick(moves)();
    return moves.length > 0 || [...this.sessions].some((session) => session.late.length);
  }

  /** Runs a session's next query; its answer goes out later. */
  run(session) {
    const { id, type_query, ...members } = session.queries.shift();
    const code = this.trouble(type_query);
    const told = code ? { code } : this[type_query](session, members);
    const { code: refused, after, ...rest } = told;
    const status = refused ? { status: "failure", code: refused, message: `No: ${refused}.`, retry: /limited|busy/.test(refused), ...rest } : { status: "success", ...rest };
    const answer = () => {
      after?.();
      return { id, type_query, ...status };
    };
    // Reads may be answered later than what is sent after them, but for what changes who it is.
    if (/^load|^find/.test(type_query) && this.random.below(3) === 0) session.late.push(answer);
    else session.out.push(answer);
    if (IDENTITY.includes(session.queries[0]?.type_query)) this.release(session);
  }

  /** Sends the reads that were overtaken. */
  release(session) {
    session.out.push(...session.late.splice(0));
  }

  /** Brings a listener on by a push, whole or in parts, or gives it up. */
  push(session, key, told) {
    const { random } = this;
    const page = this.page(key);
    // What the feed has gathered may be behind what is committed, and so behind an answer that went out before it.
    const to = random.below(2) ? page.rev : told.rev + 1 + random.below(page.rev - told.rev);
    const changes = this.changes(page, told.rev, to);
    if (changes.length > this.resume_max || random.below(60) === 0) {
      session.pages.delete(key);
      session.out.push(() => ({ push: "reset", page: key }));
      return;
    }
    let from = told.rev;
    for (let at = 0; at < changes.length;) {
      const some = random.below(3) === 0 ? 1 + random.below(changes.length - at) : changes.length - at;
      const next = changes[at + some];
      const rev = next ? Math.max(from, next.needed_at - 1) : to;
      const total = [...page.past[to].values()].filter(({ record }) => record.state === "shown").length;
      const update = { push: "update", page: key, from, rev, ...this.told(changes.slice(at, at + some)), total, viewers: session.pages.size };
      session.out.push(() => update);
      [from, at] = [rev, at + some];
    }
    told.rev = to;
  }

  told(changes) {
    return {
      comments: changes.filter(({ text }) => text).map(({ record }) => record),
      tallies: changes.filter(({ text }) => !text).map(({ record }) => [record.comment_id, record.like, record.dislike, record.rev]),
    };
  }

  /** What changed after a revision and up to another, as it stood then, in the order in which it is told. */
  changes(page, since, to = page.rev) {
    const changed = [...page.past[to].values()].filter(({ record }) => record.rev > since);
    const heads = changed.map(({ record, text_rev }) => ({ record, text: text_rev > since, needed_at: text_rev > since ? text_rev : record.rev }));
    return heads.sort((a, b) => a.needed_at - b.needed_at || a.record.comment_id - b.record.comment_id);
  }

  record(comment, user_id) {
    const { comment_id, parent, author, text, date, edited, deleted, rev } = comment;
    const replies = this.under(comment).filter((reply) => !reply.deleted).length;
    const name = this.users.get(author);
    const by = deleted ? { user_id: null, username: null, img: null, comment: "" } : { user_id: author, username: name, img: `/img/${name}.svg`, comment: text };
    const mine = user_id ? { mine: comment.reactions.get(user_id) ?? null } : {};
    return { comment_id, parent, ...by, like: likes(comment), dislike: dislikes(comment), date, edited, state: deleted ? "deleted" : "shown", replies, rev, ...mine };
  }

  under(comment) {
    return [...comment.page.comments.values()].filter(({ parent }) => parent === comment.comment_id);
  }

  isListed(comment) {
    return !comment.deleted || this.under(comment).some((reply) => this.isListed(reply));
  }

  total(page) {
    return [...page.comments.values()].filter(({ deleted }) => !deleted).length;
  }

  /** The rows of a list, in order. */
  rows(page, parent, sort) {
    return [...page.comments.values()].filter((comment) => comment.parent === parent && this.isListed(comment)).sort(SORTS[sort]);
  }

  listing({ user_id }, { page: key, parent = null, sort = "newest", limit = 50, cursor, replies = 3 }) {
    const page = this.page(key);
    let rows = this.rows(page, parent, sort);
    if (cursor) {
      const last = page.comments.get(Number(cursor));
      // Where a tally has moved, by `top` one may be left out or come twice.
      rows = last ? rows.filter((row) => SORTS[sort](last, row) < 0) : [];
    }
    const some = rows.slice(0, limit);
    const comments = some.flatMap((row) => [row, ...this.rows(page, row.comment_id, "oldest").slice(0, replies)]);
    return { comments: comments.map((comment) => this.record(comment, user_id)), next: rows.length > limit ? `${some.at(-1).comment_id}` : null, rev: page.rev };
  }

  /** What was read at a revision below what was told is followed by a push that spans from there. */
  setBack(session, key, rev) {
    const told = session.pages.get(key);
    if (told) told.rev = Math.min(told.rev, rev);
  }

  hello() {
    return { version: "0", protocol: 1, now: new Date(this.clock.now_ms).toISOString(), epoch: this.epoch, sign_up: "open", limits: LIMITS, user: null };
  }

  ping() {
    return { now: new Date(this.clock.now_ms).toISOString() };
  }

  signInWithToken(session, { token }) {
    const user_id = Number(/^token-(\d)$/.exec(token)?.[1] ?? 0);
    if (!user_id) return { code: "bad_token" };
    session.user_id = user_id;
    const username = this.users.get(user_id);
    return { user_id, username, img: `/img/${username}.svg`, role: "user", token, token_expires: "" };
  }

  signIn(session, { username }) {
    const [user_id] = [...this.users].find(([, name]) => name === username);
    return this.signInWithToken(session, { token: `token-${user_id}` });
  }

  signOut(session) {
    session.user_id = null;
    return {};
  }

  subscribe(session, { page: key, since, epoch, ...list }) {
    const page = this.page(key);
    const rest = { page: key, epoch: this.epoch, rev: page.rev, total: this.total(page), viewers: 1, tallies: [], next: null };
    const changes = since === undefined || epoch !== this.epoch || since > page.rev ? null : this.changes(page, since);
    session.pages.delete(key);
    if (!changes || changes.length > this.resume_max) {
      const after = () => session.pages.set(key, { rev: rest.rev });
      return { ...rest, resumed: false, ...this.listing(session, { page: key, ...list }), after };
    }
    // What does not fit follows in pushes. They do not say what the reader thinks of a comment that is new to them.
    const some = this.random.below(4) === 0 ? this.random.below(changes.length + 1) : changes.length;
    const fits = Math.max(some, changes.findLastIndex(({ record }) => page.comments.get(record.comment_id).reactions.has(session.user_id)) + 1);
    const next = changes[fits];
    const rev = next ? Math.max(since, next.needed_at - 1) : page.rev;
    const after = () => session.pages.set(key, { rev });
    const told = this.told(changes.slice(0, fits));
    const comments = told.comments.map(({ comment_id }) => this.record(page.comments.get(comment_id), session.user_id));
    return { ...rest, resumed: true, rev, ...told, comments, after };
  }

  unsubscribe(session, { page }) {
    session.pages.delete(page);
    return {};
  }

  loadComments(session, members) {
    const list = this.listing(session, members);
    return { ...list, after: () => this.setBack(session, members.page, list.rev) };
  }

  findComment(session, { comment_id }) {
    for (const [key, page] of this.pages) {
      const comment = page.comments.get(comment_id);
      if (!comment || comment.deleted) continue;
      const comments = [comment];
      while (comments[0].parent) comments.unshift(page.comments.get(comments[0].parent));
      const found = comments.map((one) => this.record(one, session.user_id));
      const { rev } = page;
      return { page: key, comments: found.slice(this.random.below(2) * (found.length >> 1)), rev, after: () => this.setBack(session, key, rev) };
    }
    return { code: "not_found" };
  }

  loadReactions({ user_id }, { comment_ids }) {
    if (!user_id) return { code: "sign_in_first" };
    const of = (id) => [...this.pages.values()].map((page) => page.comments.get(id)?.reactions.get(user_id)).find(Boolean);
    return { reactions: comment_ids.map((id) => [id, of(id)]).filter(([, reaction]) => reaction) };
  }

  postComment(session, { page: key, comment: text, parent, key: once }) {
    const { user_id } = session;
    if (!user_id) return { code: "sign_in_first" };
    const page = this.page(key);
    const same = [...page.comments.values()].find((comment) => comment.author === user_id && comment.key === once);
    if (same && same.text !== text && !same.edited) return { code: "bad_query", member: "key" };
    if (same) return { comment: this.record(same, user_id), rev: page.rev };
    const above = parent ? page.comments.get(parent) : null;
    if (parent && (!above || above.deleted)) return { code: "not_found", member: "parent" };
    this.last_id += 1;
    const comment = {
      page, comment_id: this.last_id, parent: parent ?? null, author: user_id, text, key: once, reactions: new Map(),
      date: new Date(this.clock.now_ms).toISOString(), edited: null, deleted: false,
    };
    page.comments.set(comment.comment_id, comment);
    this.touch(page, above ? [comment, above] : [comment], true);
    return { comment: this.record(comment, user_id), rev: page.rev };
  }

  editComment({ user_id }, { comment_id, comment: text }) {
    const comment = this.find(comment_id);
    if (!user_id) return { code: "sign_in_first" };
    if (!comment || comment.deleted) return { code: "not_found" };
    if (comment.author !== user_id) return { code: "forbidden" };
    Object.assign(comment, { text, edited: new Date(this.clock.now_ms).toISOString() });
    this.touch(comment.page, [comment], true);
    return { comment: this.record(comment, user_id), rev: comment.page.rev };
  }

  deleteComment({ user_id }, { comment_id }) {
    const comment = this.find(comment_id);
    if (!user_id) return { code: "sign_in_first" };
    if (!comment) return { code: "not_found" };
    if (comment.author !== user_id) return { code: "forbidden" };
    if (comment.deleted) return { rev: comment.page.rev };
    comment.deleted = true;
    const above = comment.page.comments.get(comment.parent);
    this.touch(comment.page, above ? [comment, above] : [comment], true);
    return { rev: comment.page.rev };
  }

  react(session, { comment_id, reaction }) {
    const { user_id } = session;
    const comment = this.find(comment_id);
    if (!user_id) return { code: "sign_in_first" };
    if (!comment || comment.deleted) return { code: "not_found" };
    const before = comment.reactions.get(user_id) ?? "none";
    if (reaction === "none") comment.reactions.delete(user_id);
    else comment.reactions.set(user_id, reaction);
    if (before !== reaction) {
      this.touch(comment.page, [comment], false);
      const [key] = [...this.pages].find(([, page]) => page === comment.page);
      for (const other of this.sessions) {
        if (other !== session && other.user_id === user_id) other.out.push(() => ({ push: "reacted", page: key, comment_id, reaction }));
      }
    }
    return { comment_id, like: likes(comment), dislike: dislikes(comment), reaction, rev: comment.page.rev };
  }

  find(comment_id) {
    return [...this.pages.values()].map((page) => page.comments.get(comment_id)).find(Boolean);
  }

  /** A batch is committed: here each is one write. */
  touch(page, comments, text) {
    page.rev += 1;
    for (const comment of comments) Object.assign(comment, { rev: page.rev }, text && { text_rev: page.rev });
    page.past.push(new Map([...page.comments].map(([id, comment]) => [id, { record: this.record(comment), text_rev: comment.text_rev }])));
  }

  /** A backup, to be restored. */
  save() {
    return new Map([...this.pages].map(([key, page]) => {
      const copy = { rev: page.rev, comments: new Map(), past: page.past.slice() };
      for (const [id, comment] of page.comments) copy.comments.set(id, { ...comment, page: copy, reactions: new Map(comment.reactions) });
      return [key, copy];
    }));
  }

  restore(saved) {
    for (const session of [...this.sessions]) this.cut(session, 1001);
    this.pages = saved;
    this.epoch = `epoch-${this.random.below(1e9)}`;
    // Numbers are not given twice, in any life of the data: no backup is that old.
    this.last_id += 1;
  }
}
