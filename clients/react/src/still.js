// What a server renders, and what hydration begins with: the client's own stores in a place where nothing ever happens.
// They hold what the snapshot told and nothing of this browser (no token, no drafts), so both sides render the same.

/** @import { Client, Environment, Thread, ThreadOptions } from "otklik-client" */
import { createClient } from "otklik-client";

const nothing = () => {};

/** @type {Environment} */
const still_environment = {
  now: () => 0,
  setTimeout: nothing,
  clearTimeout: nothing,
  nextFrame: (run) => queueMicrotask(run),
  random: () => 0,
  WebSocket: /** @type {Environment["WebSocket"]} */ (/** @type {unknown} */ (class {
    constructor() {
      throw new Error("A server does not connect.");
    }
  })),
  fetch: () => Promise.reject(new Error("A server reads with fetchSnapshot.")),
  storage: null,
  listen: () => nothing,
};

/** @param {string | URL} url */
export const stillClient = (url) => createClient({ url, environment: still_environment });

/** @type {WeakMap<Client, Client>} */
const stills = new WeakMap();
/** @type {WeakMap<Thread, () => Thread>} */
const still_threads = new WeakMap();

/** The same service as a server sees it. Made when it is first needed, which is for hydration alone.
 * @param {Client} client */
export function stillOf(client) {
  let still = stills.get(client);
  if (!still) stills.set(client, still = stillClient(client.origin));
  return still;
}

/** A page of the client, with its still twin, made of the same snapshot.
 * @param {Client} client
 * @param {string} page
 * @param {ThreadOptions} [options] */
export function threadOf(client, page, options) {
  const thread = client.thread(page, options);
  if (!still_threads.has(thread)) still_threads.set(thread, () => stillOf(client).thread(page, options));
  return thread;
}

/** @param {Thread} thread */
export const stillThreadOf = (thread) => still_threads.get(thread)?.() ?? thread;
