// A server in memory: enough of the protocol for what the components do, over sockets that are function calls.

/** @import { CommentRecord, Environment, Kind, Snapshot } from "otklik-client" */
/** @typedef {Record<string, any>} Message */

const LIMITS = {
  comment_bytes_max: 100,
  message_bytes_max: 65_536,
  password_chars_min: 10,
  edit_window_s: 900,
  reply_depth_max: 20,
  subscriptions_max: 32,
};

export class Server {
  /** @type {CommentRecord[]} */
  comments = [];
  /** @type {Map<string, { user_id: number, username: string, img: string, role: string, password: string }>} */
  users = new Map();
  /** @type {Set<Socket>} */
  sockets = new Set();
  rev = 0;
  /** @type {Map<string, Kind>} */
  reactions = new Map();
  /** @type {Message[]} */
  asked = [];
  /** By type of query: what it is refused with.
   * @type {Map<string, Message>} */
  refusals = new Map();
  /** While it is set, answers wait in it.
   * @type {(() => void)[] | null} */
  held = null;
  /** So many lines more do not open. */
  refuses = 0;

  /** What a client needs of the browser.
   * @returns {Environment} */
  environment() {
    const server = this;
    return {
      now: () => Date.now(),
      // The tests do not wait for what would happen much later.
      setTimeout: (run, wait_ms) => setTimeout(run, wait_ms).unref(),
      clearTimeout: (timer) => clearTimeout(/** @type {any} */ (timer)),
      nextFrame: (run) => void setTimeout(run, 0),
      random: () => 0.5,
      WebSocket: /** @type {any} */ (class extends Socket {
        constructor() {
          super(server);
        }
      }),
      fetch: async () => Response.json(this.snapshot()),
      storage: memory(),
      listen: () => () => {},
    };
  }

  /** @returns {Snapshot} */
  snapshot() {
    const comments = this.list();
    return { page: "a", epoch: "e", rev: this.rev, total: this.total(), viewers: 0, comments, next: null };
  }

  /** @param {number} [user_id] */
  list(user_id) {
    const seen = this.comments.filter((comment) => comment.state === "shown" || comment.replies > 0);
    const top = seen.filter((comment) => comment.parent === null).reverse();
    const under = (/** @type {CommentRecord} */ comment) => seen.filter(({ parent }) => parent === comment.comment_id);
    return top.flatMap((comment) => [comment, ...under(comment)]).map((comment) => this.as(comment, user_id));
  }

  total() {
    return this.comments.filter(({ state }) => state === "shown").length;
  }

  /** @param {CommentRecord} comment
   * @param {number} [user_id] */
  as(comment, user_id) {
    if (user_id === undefined) return comment;
    return { ...comment, mine: this.reactions.get(`${user_id}/${comment.comment_id}`) ?? null };
  }

  /** Somebody writes, and everybody is told.
   * @param {string} comment
   * @param {number | null} [parent] */
  write(comment, parent = null, username = "carol") {
    const record = {
      comment_id: this.comments.length + 1,
      parent,
      user_id: this.users.get(username)?.user_id ?? 99,
      username,
      img: `/img/${username}.svg`,
      comment,
      like: 0,
      dislike: 0,
      date: new Date().toISOString(),
      edited: null,
      state: "shown",
      replies: 0,
      rev: 0,
    };
    this.comments.push(record);
    const touched = [record.comment_id];
    if (parent !== null) {
      this.#set(parent, { replies: this.#get(parent).replies + 1 });
      touched.push(parent);
    }
    this.commit(touched);
    return this.#get(record.comment_id);
  }

  /** Somebody likes or dislikes; only the tally is told.
   * @param {number} comment_id
   * @param {Kind} kind */
  tally(comment_id, kind, by = 1) {
    this.#set(comment_id, { [kind]: this.#get(comment_id)[kind] + by });
    this.commit([], [comment_id]);
  }

  /** @param {number[]} changed
   * @param {number[]} [tallied] */
  commit(changed, tallied = []) {
    const from = this.rev;
    this.rev += 1;
    for (const comment_id of [...changed, ...tallied]) this.#set(comment_id, { rev: this.rev });
    const comments = changed.map((comment_id) => this.#get(comment_id));
    const tallies = tallied.map((id) => this.#get(id)).map(({ comment_id, like, dislike, rev }) => [comment_id, like, dislike, rev]);
    const push = { push: "update", page: "a", from, rev: this.rev, comments, tallies, total: this.total(), viewers: this.sockets.size };
    for (const socket of this.sockets) if (socket.follows) socket.hear(push);
  }

  /** @param {Socket} socket
   * @param {Message} query */
  take(socket, query) {
    this.asked.push(query);
    const answer = () => {
      const { id, type_query } = query;
      const refused = this.refusals.get(type_query);
      const given = refused
        ? { status: "failure", message: "No.", retry: false, ...refused }
        : { status: "success", ...this.#answer(socket, query) };
      socket.hear({ id, type_query, ...given });
    };
    if (this.held) this.held.push(answer);
    else answer();
  }

  release() {
    const held = this.held ?? [];
    this.held = null;
    for (const answer of held) answer();
  }

  /** @param {Socket} socket
   * @param {Message} query
   * @returns {Message} */
  #answer(socket, query) {
    const user_id = socket.user?.user_id;
    const { type_query, comment_id } = query;
    if (type_query === "hello") return this.#hello(socket);
    if (type_query === "ping") return { now: new Date().toISOString() };
    if (/^sign(Up|In)/.test(type_query)) return this.#enter(socket, query);
    if (type_query === "signOut") return { user: (socket.user = null) };
    if (type_query === "subscribe") {
      socket.follows = true;
      const resumed = query.since === this.rev;
      const comments = resumed ? [] : this.list(user_id);
      return { ...this.snapshot(), viewers: this.sockets.size, resumed, comments, tallies: [] };
    }
    if (type_query === "unsubscribe") return { follows: (socket.follows = false) };
    if (type_query === "loadReactions") return { reactions: [] };
    if (type_query === "loadComments") return { comments: [], next: null, rev: this.rev };
    if (type_query === "findComment") return this.#find(comment_id);
    if (!user_id) return { status: "failure", code: "sign_in_first", message: "Sign in first.", retry: false };
    return this.#write(socket, query, user_id);
  }

  /** @param {number} comment_id */
  #find(comment_id) {
    const found = this.comments[comment_id - 1];
    if (!found) return { status: "failure", code: "not_found", message: "No.", retry: false };
    return { page: "a", comments: [found], rev: this.rev };
  }

  /** @param {Socket} socket */
  #hello(socket) {
    const now = new Date().toISOString();
    return { version: "0", protocol: 1, now, epoch: "e", sign_up: "open", limits: LIMITS, user: socket.user };
  }

  /** @param {Socket} socket
   * @param {Message} query */
  #enter(socket, { type_query, username, password, img, token }) {
    const name = username ?? String(token).slice(4);
    if (type_query === "signUp") {
      this.users.set(name, { user_id: this.users.size + 1, username: name, img: img ?? `/img/${name}.svg`, role: "user", password });
    }
    const found = this.users.get(name);
    if (!found || (token === undefined && found.password !== password)) {
      return { status: "failure", code: "bad_credentials", message: "No.", retry: false };
    }
    const { password: _, ...user } = found;
    socket.user = user;
    return { ...user, token: `otk_${name}`, token_expires: new Date(Date.now() + 86_400_000).toISOString() };
  }

  /** @param {Socket} socket
   * @param {Message} query
   * @param {number} user_id */
  #write(socket, { type_query, comment_id, comment, parent, reaction }, user_id) {
    if (type_query === "postComment") {
      const record = this.write(comment.trim(), parent ?? null, socket.user?.username);
      return { comment: this.as(record, user_id), rev: this.rev };
    }
    if (type_query === "editComment") {
      this.#set(comment_id, { comment, edited: new Date().toISOString() });
      this.commit([comment_id]);
      return { comment: this.as(this.#get(comment_id), user_id), rev: this.rev };
    }
    if (type_query === "deleteComment") {
      this.#set(comment_id, { state: "deleted", comment: "", user_id: null, username: null, img: null });
      this.commit([comment_id]);
      return { rev: this.rev };
    }
    return this.#react(user_id, comment_id, reaction);
  }

  /** @param {number} user_id
   * @param {number} comment_id
   * @param {string} reaction */
  #react(user_id, comment_id, reaction) {
    const key = `${user_id}/${comment_id}`;
    const before = this.reactions.get(key);
    if (before) this.#set(comment_id, { [before]: this.#get(comment_id)[before] - 1 });
    this.reactions.delete(key);
    if (reaction === "like" || reaction === "dislike") {
      this.reactions.set(key, reaction);
      this.#set(comment_id, { [reaction]: this.#get(comment_id)[reaction] + 1 });
    }
    this.commit([], [comment_id]);
    const { like, dislike } = this.#get(comment_id);
    return { comment_id, like, dislike, reaction, rev: this.rev };
  }

  /** @param {number} comment_id */
  #get(comment_id) {
    return this.comments[comment_id - 1];
  }

  /** @param {number} comment_id
   * @param {Partial<CommentRecord>} part */
  #set(comment_id, part) {
    this.comments[comment_id - 1] = { ...this.#get(comment_id), ...part };
  }
}

class Socket {
  readyState = 0;
  follows = false;
  /** @type {Message | null} */
  user = null;
  /** @type {[string, (event: Message) => void][]} */
  #listeners = [];

  /** @param {Server} server */
  constructor(server) {
    this.server = server;
    setTimeout(() => {
      if (this.readyState !== 0) return;
      if (server.refuses > 0) {
        server.refuses -= 1;
        return this.close(1006);
      }
      this.readyState = 1;
      server.sockets.add(this);
      this.#tell("open", {});
    });
  }

  /** @param {string} text */
  send(text) {
    const query = JSON.parse(text);
    setTimeout(() => this.readyState === 1 && this.server.take(this, query));
  }

  /** @param {Message} message */
  hear(message) {
    if (this.readyState === 1) this.#tell("message", { data: JSON.stringify(message) });
  }

  close(code = 1000) {
    if (this.readyState > 1) return;
    this.readyState = 3;
    this.server.sockets.delete(this);
    setTimeout(() => this.#tell("close", { code, reason: "", wasClean: true }));
  }

  /** @param {string} type
   * @param {Message} members */
  #tell(type, members) {
    const event = { type, target: this, ...members };
    for (const [on, listener] of [...this.#listeners]) if (on === type) listener(event);
    /** @type {any} */ (this)[`on${type}`]?.(event);
  }

  /** @param {string} type
   * @param {(event: Message) => void} listener */
  addEventListener(type, listener) {
    this.#listeners.push([type, listener]);
  }
}

/** @returns {Environment["storage"]} */
export function memory() {
  /** @type {Map<string, string>} */
  const held = new Map();
  return {
    getItem: (key) => held.get(key) ?? null,
    setItem: (key, value) => void held.set(key, value),
    removeItem: (key) => void held.delete(key),
    key: (index) => [...held.keys()][index] ?? null,
    get length() {
      return held.size;
    },
  };
}
