// One connection that comes back by itself, as long as somebody needs it.
//
//   state                 | event                                          | then
//   ----------------------|------------------------------------------------|------------------------------------------
//   idle                  | somebody needs it                              | connecting
//   connecting            | it opened, and what it began with is answered  | live
//   connecting            | it does not open for 20 s                      | waiting
//   live                  | focus, online, visible, pageshow; a late beat  | probing
//   probing               | the ping is answered                           | live
//   probing               | the ping is not answered for 2 s               | waiting
//   waiting               | the time is over; tryNow                       | connecting
//   waiting, suspended    | focus, online, visible, pageshow               | connecting
//   any that is open      | a query is not answered for 20 s               | waiting
//   any that is open      | it closes with 4500 to 4999                    | stopped, for as long as the client lives
//   any that is open      | it closes with anything else                   | waiting
//   any but idle, stopped | hidden for 60 s; pagehide                      | suspended
//   any but stopped       | nobody has needed it for 1 s                   | idle
//
// "Open" is connecting, live and probing. The wait is a random part of min(20 s, 0.5 s * 2^n), where n counts the lines
// lost since one was live for 30 s; after a `drain`, a random part of what that asked for.

import { Store, isCut, later, refuse } from "./store.js";

/** @import { ConnectionState, ConnectionView, Environment, EnvironmentEvent, Result } from "./index.js" */
/** @import { Hooks, Message } from "./core.js" */

const ANSWER_MS = 20_000;
const PROBE_MS = 2_000;
const HIDDEN_MS = 60_000;
const CALM_MS = 30_000;
const LATE_MS = 5_000;
const LINGER_MS = 1_000;
// A timer that fires so much too late says that the machine slept, and that nobody knows what became of the line.
const BEAT_MS = 10_000;
const BEAT_LATE_MS = 5_000;

/** @extends {Store<ConnectionView>} */
export class Connection extends Store {
  /** The longest message that the server takes. */
  bytes_max = 65_536;
  /** Whether the service has answered, by whichever way. */
  explained = false;
  explain = later("explain");
  #on;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Map<number, (answer: Result<any>) => void>} */
  #asked = new Map();
  /** @type {Set<() => void>} */
  #looks = new Set();
  /** @type {Record<string, unknown>} */
  #timers = {};
  /** @type {(() => void) | null} */
  #deafen = null;
  /** @type {number | null} */
  #drain_ms = null;
  #last_id = 0;
  #losses = 0;
  #needs = 0;

  /** @param {Environment} env @param {string} origin @param {Hooks} on */
  constructor(env, origin, on) {
    super(env, { state: "idle", late: false, next_try_ms: null, close_code: null, refused_origin: null });
    this.origin = origin;
    this.#on = on;
  }

  tryNow() {
    if (this.view.state === "waiting") this.#connect();
  }

  /** @param {string} type_query @param {object} [members] @returns {Promise<Result<any>>} */
  async query(type_query, members) {
    const release = this.need();
    await this.until((state) => state !== "connecting");
    const answer = await this.ask(type_query, members);
    release();
    return answer;
  }

  /** Asks now or not at all: what goes out in one flight awaits nothing. @param {string} type_query @param {object} [members] @returns {Promise<Result<any>>} */
  async ask(type_query, members) {
    const socket = this.#socket;
    if (!socket?.readyState) return refuse("offline");
    const id = (this.#last_id += 1);
    const text = JSON.stringify({ ...members, id, type_query });
    // The server would close the line for it, and for each try again.
    if (new TextEncoder().encode(text).length > this.bytes_max) return refuse("comment_too_long");
    // One that is closing takes nothing more: what is asked now is cut with the rest.
    if (socket.readyState === 1) socket.send(text);
    const overdue = this.env.setTimeout(() => this.#lost(1006), ANSWER_MS);
    const answer = await new Promise((resolve) => this.#asked.set(id, resolve));
    this.env.clearTimeout(overdue);
    return answer;
  }

  /** Keeps it up until what this gives is called. */
  need() {
    let needed = 1;
    this.#needs += 1;
    this.#time("linger");
    this.#deafen ??= this.env.listen((event, detail) => this.#notice(event, detail));
    if (this.view.state === "idle") this.#connect();
    return () => {
      this.#needs -= needed;
      needed = 0;
      // What leaves one page may open the next one at once.
      if (!this.#needs) this.#time("linger", LINGER_MS, () => this.#rest("idle"));
    };
  }

  /** @param {(state: ConnectionState) => boolean} wanted @returns {Promise<ConnectionState>} */
  until(wanted) {
    return new Promise((resolve) => {
      const look = () => {
        if (wanted(this.view.state) && this.#looks.delete(look)) resolve(this.view.state);
      };
      this.#looks.add(look);
      look();
    });
  }

  /** Waits until it is live again; false where it will not be. */
  async back() {
    return await this.until((state) => /live|stopped|idle/.test(state)) === "live";
  }

  isUp() {
    return /live|probing/.test(this.view.state);
  }

  /** A new line at once, where this one must not be used any longer. */
  renew() {
    if (this.isUp()) this.#connect();
  }

  close() {
    this.need = () => () => {};
    this.#rest("idle");
  }

  #connect() {
    this.#drop();
    this.#turn("connecting");
    this.#time("open", ANSWER_MS, () => this.#lost(1006));
    try {
      this.#use(new this.env.WebSocket(`${this.origin.replace("http", "ws")}/ws`));
    } catch {
      this.#lost(1006); // The page's own policy forbids it.
    }
  }

  /** @param {WebSocket} socket */
  #use(socket) {
    this.#socket = socket;
    const current = () => socket === this.#socket;
    socket.onopen = async () => {
      if (!current()) return;
      this.explained = true;
      this.#time("open");
      await Promise.all(this.#on.greet());
      if (current()) this.#begin();
    };
    socket.onmessage = ({ data }) => current() && this.#hear(JSON.parse(data));
    socket.onclose = ({ code }) => current() && this.#lost(code);
  }

  #begin() {
    this.#turn("live");
    this.put({ refused_origin: null });
    this.#time("calm", CALM_MS, () => {
      this.#losses = 0;
    });
    this.#beat();
    this.#on.live();
  }

  #beat() {
    const due_ms = this.env.now() + BEAT_MS;
    this.#time("beat", BEAT_MS, () => {
      if (this.env.now() - due_ms > BEAT_LATE_MS) this.#probe();
      this.#beat();
    });
  }

  async #probe() {
    if (this.view.state !== "live") return;
    this.#turn("probing");
    this.#time("probe", PROBE_MS, () => this.#lost(1006));
    const answer = await this.ask("ping");
    // Where the line went, or is given up, there is no answer. A refusal is one.
    if (!answer.ok && isCut(answer.refusal)) return;
    this.#time("probe");
    this.#turn("live");
  }

  /** @param {Message} message */
  #hear({ id, type_query, status, ...rest }) {
    if (rest.push === "drain") this.#drain_ms = rest.reconnect_in_ms;
    if (rest.push) return this.#on.hear(rest);
    const refusal = /** @type {any} */ (rest);
    this.#asked.get(id)?.(status === "success" ? { ok: true, ...rest } : { ok: false, refusal });
    this.#asked.delete(id);
  }

  /** It has gone, or is given up: a dead peer does not answer the closing handshake either. @param {number} code */
  #lost(code) {
    this.#drop();
    this.put({ close_code: code });
    if (code >= 4500 && code <= 4999) return this.#turn("stopped");
    const wait_ms = this.env.random() * (this.#drain_ms ?? Math.min(20_000, 500 * 2 ** this.#losses));
    this.#drain_ms = null;
    this.#losses += 1;
    this.#turn("waiting", this.env.now() + wait_ms);
    this.#time("wait", wait_ms, () => this.#connect());
    if (!this.explained && code === 1006) this.explain();
  }

  /** @param {"idle" | "suspended"} state */
  #rest(state) {
    if (state === "idle") {
      this.#deafen?.();
      this.#deafen = null;
      this.#time("hidden");
    }
    if (/idle|stopped/.test(this.view.state)) return;
    this.#drop();
    this.#turn(state);
  }

  #drop() {
    this.#socket?.close();
    this.#socket = null;
    for (const name of ["open", "probe", "calm", "beat", "wait"]) this.#time(name);
    for (const resolve of this.#asked.values()) resolve(refuse("cut"));
    this.#asked.clear();
  }

  /** @param {ConnectionState} state @param {number | null} next_try_ms */
  #turn(state, next_try_ms = null) {
    const trying = /connecting|waiting/.test(state);
    this.put({ state, next_try_ms, late: state === "stopped" || trying && this.view.late });
    if (!trying) this.#time("late");
    else if (!this.#timers.late) this.#time("late", LATE_MS, () => this.put({ late: true }));
    for (const look of [...this.#looks]) look();
  }

  /** @param {EnvironmentEvent} event @param {unknown} detail */
  #notice(event, detail) {
    const { state } = this.view;
    const sleep = () => this.#rest("suspended");
    if (event === "storage") this.#on.storage(detail);
    else if (event === "pagehide") sleep();
    else if (event === "hidden") this.#time("hidden", HIDDEN_MS, sleep);
    else {
      this.#time("hidden");
      if (/waiting|suspended/.test(state)) this.#connect();
      else this.#probe();
    }
  }

  /** Sets the timer of this name, or ends it. @param {string} name @param {number} [wait_ms] @param {() => void} [run] */
  #time(name, wait_ms, run) {
    this.env.clearTimeout(this.#timers[name]);
    this.#timers[name] = run && this.env.setTimeout(run, wait_ms ?? 0);
  }
}
