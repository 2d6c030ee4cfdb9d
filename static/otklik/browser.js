// What the client needs of the browser. Where there is none, as on a server that renders, it shows what it is given.

/** @import { Environment } from "./index.js" */

/** @returns {Environment} */
export const browser = () => ({
  now: () => Date.now(),
  setTimeout: (run, wait_ms) => setTimeout(run, wait_ms),
  clearTimeout: (timer) => clearTimeout(/** @type {number} */ (timer)),
  nextFrame: (run) => void (globalThis.requestAnimationFrame ?? setTimeout)(run),
  random: () => Math.random(),
  WebSocket: globalThis.WebSocket,
  fetch: (...asked) => fetch(...asked),
  storage: attempt(() => globalThis.localStorage) ?? null,
  listen,
});

/** @type {Environment["listen"]} */
function listen(on) {
  const { document } = globalThis;
  if (!document) return () => {};
  const end = new AbortController();
  const { signal } = end;
  const look = () => on(document.hidden ? "hidden" : "visible");
  for (const event of /** @type {const} */ (["focus", "online", "pagehide", "pageshow"])) {
    // What is hidden needs no line, though the network may be back.
    addEventListener(event, () => (event === "pagehide" || !document.hidden) && on(event), { signal });
  }
  addEventListener("storage", ({ key }) => on("storage", key), { signal });
  document.addEventListener("visibilitychange", look, { signal });
  if (document.hidden) look();
  return () => end.abort();
}

/** Storage may be refused at every touch. @template T @param {() => T} act */
export function attempt(act) {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** What outlives the page. Where storage is refused or full, as in a private window, it lives as long as the page. */
export class Kept {
  /** @type {Map<string, string>} */
  memory = new Map();

  /**
   * @param {Environment["storage"]} storage
   * @param {string} prefix what all names begin with: who else uses the storage must not be met
   */
  constructor(storage, prefix) {
    this.storage = storage;
    this.prefix = prefix;
  }

  /** The text, or an empty one. @param {string} name */
  get(name) {
    return this.memory.get(name) ?? attempt(() => this.storage?.getItem(this.prefix + name)) ?? "";
  }

  /** @param {string} name @param {string} text an empty one removes it */
  set(name, text) {
    this.memory.set(name, text);
    attempt(() => {
      const { storage, prefix } = this;
      if (text) storage?.setItem(prefix + name, text);
      else storage?.removeItem(prefix + name);
      if (storage) this.memory.delete(name);
    });
  }
}
