// A browser that tests can hold in their hands: its clock, its frames, its storage, its network, its events.

import { createClient } from "../../static/otklik/index.js";
// What is loaded later is there at once, so that nothing waits for the disk.
import "../../static/otklik/later.js";

/** Lets everything happen that waits for nothing but a promise. */
export const settle = async () => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Seeded, so that what failed fails again. */
export function randomOf(seed) {
  let state = (seed * 2654435761 + 1) >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  random.below = (n) => Math.floor(random() * n);
  random.pick = (list) => list[random.below(list.length)];
  return random;
}

/** Time passes only when it is told to. */
export class Clock {
  now_ms = Date.parse("2026-11-23T09:30:00.000Z");
  #timers = new Map();
  #last = 0;

  set(run, wait_ms) {
    this.#last += 1;
    this.#timers.set(this.#last, { at_ms: this.now_ms + wait_ms, run });
    return this.#last;
  }

  clear(timer) {
    this.#timers.delete(timer);
  }

  get pending() {
    return this.#timers.size;
  }

  /** Lets time pass, timer by timer. */
  async pass(ms) {
    const end_ms = this.now_ms + ms;
    await settle();
    for (;;) {
      const [next] = [...this.#timers].sort(([, a], [, b]) => a.at_ms - b.at_ms);
      if (!next || next[1].at_ms > end_ms) break;
      this.#timers.delete(next[0]);
      this.now_ms = Math.max(this.now_ms, next[1].at_ms);
      next[1].run();
      await settle();
    }
    this.now_ms = end_ms;
  }

  /** The machine sleeps: time passes, and no timer fires until it is over. */
  async sleep(ms) {
    this.now_ms += ms;
    await this.pass(0);
  }
}

/** As `localStorage`, shared by the windows that are given it. */
export class FakeStorage {
  #items = new Map();
  windows = new Set();

  get length() {
    return this.#items.size;
  }

  key(at) {
    return [...this.#items.keys()][at] ?? null;
  }

  getItem(name) {
    return this.#items.get(name) ?? null;
  }

  setItem(name, text) {
    this.#items.set(name, `${text}`);
  }

  removeItem(name) {
    this.#items.delete(name);
  }

  names() {
    return [...this.#items.keys()];
  }

  /** What one window sees of it; its writing is told to the others. */
  window(say) {
    const others = () => [...this.windows].filter((window) => window !== say);
    const tell = (name) => {
      for (const other of others()) other("storage", name);
    };
    this.windows.add(say);
    const shared = this;
    return {
      get length() {
        return shared.length;
      },
      key: (at) => shared.key(at),
      getItem: (name) => shared.getItem(name),
      setItem(name, text) {
        if (shared.getItem(name) === text) return;
        shared.setItem(name, text);
        tell(name);
      },
      removeItem(name) {
        if (shared.getItem(name) === null) return;
        shared.removeItem(name);
        tell(name);
      },
    };
  }
}

/** The client's end of a line. What the other end does is up to the test. */
export class FakeSocket {
  readyState = 0;
  sent = [];
  /** Called with each query; where there is none, tests answer by hand. */
  heard = null;

  constructor(url) {
    this.url = url;
  }

  send(text) {
    if (this.readyState !== 1) throw new Error("InvalidStateError");
    const query = JSON.parse(text);
    this.sent.push(query);
    this.heard?.(query);
  }

  close(code = 1000) {
    this.left = code;
    this.readyState = 3;
    this.ended?.();
  }

  open() {
    this.readyState = 1;
    this.onopen?.();
  }

  say(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** The server, or the network, ends it. */
  drop(code = 1006) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code });
  }

  /** The last query of a type that was sent. */
  last(type_query) {
    return this.sent.findLast((query) => query.type_query === type_query);
  }

  count(type_query) {
    return this.sent.filter((query) => query.type_query === type_query).length;
  }

  /** Answers the last query of its type. */
  answer(type_query, members = {}) {
    const { id } = this.last(type_query);
    this.say({ id, type_query, status: "success", ...members });
  }

  refuse(type_query, code, members = {}) {
    const { id } = this.last(type_query);
    this.say({ id, type_query, status: "failure", code, message: `No: ${code}.`, retry: false, ...members });
  }
}

/** One window with one client in it. */
export class Window {
  sockets = [];
  frames = [];
  frame_calls = 0;
  fetched = [];
  random = () => 0.5;
  /** What a line is given to, once it was asked for. */
  onsocket = () => {};
  /** What HTTP answers: nothing, that is no network. */
  onfetch = () => Promise.reject(new TypeError("fetch failed"));
  #on = new Set();

  constructor({ clock = new Clock(), storage = null, url = "http://comments.test" } = {}) {
    this.clock = clock;
    this.url = url;
    const say = (event, detail) => this.say(event, detail);
    this.env = {
      now: () => clock.now_ms,
      setTimeout: (run, wait_ms) => clock.set(run, wait_ms),
      clearTimeout: (timer) => clock.clear(timer),
      nextFrame: (run) => void this.frames.push(run),
      random: () => this.random(),
      WebSocket: this.#socketClass(),
      fetch: (...asked) => {
        this.fetched.push(asked);
        return this.onfetch(...asked);
      },
      storage: storage?.window(say) ?? null,
      listen: (on) => {
        this.#on.add(on);
        return () => this.#on.delete(on);
      },
    };
    this.client = createClient({ url, environment: this.env });
  }

  #socketClass() {
    const window = this;
    return class extends FakeSocket {
      constructor(url) {
        super(url);
        window.sockets.push(this);
        window.onsocket(this);
      }
    };
  }

  get socket() {
    return this.sockets.at(-1);
  }

  get state() {
    return this.client.connection.get().state;
  }

  get listeners() {
    return this.#on.size;
  }

  say(event, detail) {
    for (const on of [...this.#on]) on(event, detail);
  }

  /** Shows a frame. */
  frame() {
    for (const run of this.frames.splice(0)) {
      this.frame_calls += 1;
      run();
    }
  }

  /** Opens the line and answers what it begins with: a guest, unless a user is given. */
  async greet({ limits = LIMITS, user, now_ms = this.clock.now_ms } = {}) {
    const { socket } = this;
    socket.open();
    socket.answer("hello", { version: "0", protocol: 1, now: new Date(now_ms).toISOString(), epoch: "e", sign_up: "open", limits, user: null });
    if (socket.last("signInWithToken")) {
      if (user) socket.answer("signInWithToken", { ...user, token: socket.last("signInWithToken").token, token_expires: "" });
      else socket.refuse("signInWithToken", "bad_token");
    }
    for (const query of socket.sent.filter((sent) => sent.type_query === "subscribe")) {
      const start = { resumed: query.since !== undefined, epoch: "e", rev: query.since ?? 0, total: 0, viewers: 1, comments: [], tallies: [], next: null };
      socket.say({ id: query.id, type_query: "subscribe", status: "success", page: query.page, ...start });
    }
    await settle();
  }
}

export const LIMITS = {
  comment_bytes_max: 10_000, message_bytes_max: 65_536, password_chars_min: 10, edit_window_s: 900, reply_depth_max: 20, subscriptions_max: 32,
};

export const ALICE = { username: "alice", user_id: 1, img: "/img/alice.svg", role: "user" };
export const BOB = { username: "bob", user_id: 2, img: "/img/bob.svg", role: "user" };

/** A comment record, by bob unless told otherwise. */
export const record = (comment_id, members = {}) => ({
  comment_id, parent: null, user_id: BOB.user_id, username: BOB.username, img: BOB.img, comment: `comment ${comment_id}`, like: 0, dislike: 0,
  date: "2026-11-23T09:00:00.000Z", edited: null, state: "shown", replies: 0, rev: comment_id, ...members,
});

/** The record of one that was deleted. */
export const tombstone = (comment_id, members = {}) => (
  record(comment_id, { user_id: null, username: null, img: null, comment: "", state: "deleted", ...members })
);
