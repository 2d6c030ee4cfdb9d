// What the client gives to who shows it: stores, which are read and call back at most once a frame, and results.

/** @import { Environment, Refusal } from "./index.js" */

/** When what was refused for a while is asked again, where the server does not say. */
export const AGAIN_MS = 2_000;

/** Whether two values of the wire, or of a view, say the same. @param {unknown} a @param {unknown} b */
const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

/** The one before, as long as it says the same. @template T @param {T} next @param {T} before */
export const keep = (next, before) => (same(next, before) ? before : next);

/** @template {object} T */
export class Store {
  /** @type {Set<() => void>} */
  #listeners = new Set();
  #due = false;
  #told;

  /** @param {Environment} env @param {T} view */
  constructor(env, view) {
    this.env = env;
    this.view = this.#told = view;
  }

  get = () => this.view;

  /** @param {() => void} listener */
  subscribe = (listener) => {
    const own = () => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  };

  /** Changes members of the view. What says the same as before stays the same. @param {Partial<T>} part */
  put(part) {
    const changes = Object.entries(part).filter(([name, value]) => !same(value, this.view[/** @type {keyof T} */ (name)]));
    if (!changes.length) return;
    this.view = { ...this.view, ...Object.fromEntries(changes) };
    this.soon();
  }

  soon() {
    if (this.#due) return;
    this.#due = true;
    this.env.nextFrame(() => {
      this.#due = false;
      this.flush();
    });
  }

  flush() {
    const view = this.get();
    if (view === this.#told) return;
    this.#told = view;
    for (const listener of [...this.#listeners]) listener();
  }
}

const SENTENCES = {
  cut: "The connection was lost.",
  offline: "There is no connection.",
  comment_too_long: "This is too long.",
  sign_in_first: "Sign in first.",
};

/** Whether it may be asked again on the next line. @param {{ code: string }} refusal */
export const isCut = ({ code }) => code === "cut" || code === "offline";

/** A refusal of the client's own. @param {keyof typeof SENTENCES} code @returns {{ ok: false, refusal: Refusal }} */
export const refuse = (code) => ({ ok: false, refusal: { code, message: SENTENCES[code], retry: isCut({ code }) } });

/** A method that is loaded when it is first called, or once comments are live. @param {keyof typeof import("./later.js")} name */
export const later = (name) => (
  /** @this {any} @param {any[]} args @returns {Promise<any>} */
  async function (...args) {
    /** @type {any} */
    const acts = await import("./later.js").catch(() => ({}));
    return acts[name]?.apply(this, args) ?? refuse("offline");
  }
);
