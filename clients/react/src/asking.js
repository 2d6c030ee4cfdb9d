// Whether somebody was asked to sign in, by a button or by what needs it: the dialog, wherever it stands, follows this.

/** @import { Store } from "otklik-client" */

/** @typedef {"signIn" | "signUp"} Way */
/** @typedef {{ way: Way, host: string | null } | null} Asked `host` is the one dialog, of all on the page, that answers. */
/** @typedef {Store<Asked> & { ask(way?: Way): void, end(): void, host(id: string): () => void }} Asking */

/** @returns {Asking} */
export function createAsking() {
  /** @type {Set<() => void>} */
  const listeners = new Set();
  /** @type {string[]} */
  const hosts = [];
  /** @type {Asked} */
  let asked = null;
  const turn = (/** @type {Asked} */ next) => {
    asked = next;
    for (const listener of [...listeners]) listener();
  };
  return {
    get: () => asked,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ask: (way = "signIn") => turn({ way, host: hosts[0] ?? null }),
    end: () => turn(null),
    host(id) {
      hosts.push(id);
      return () => {
        hosts.splice(hosts.indexOf(id), 1);
        if (asked?.host === id) turn(null);
      };
    },
  };
}
