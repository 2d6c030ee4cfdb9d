// The package's front: a client of one service, and reading a page over HTTP. What all of it means stands in index.d.ts.

import { Kept, browser } from "./browser.js";
import { Connection } from "./connection.js";
import { Session } from "./session.js";
import { Thread } from "./thread.js";

/** @type {typeof import("./index.d.ts").createClient} */
export function createClient({ url, environment }) {
  const env = { ...browser(), ...environment };
  const origin = originOf(url);
  /** @type {Map<string, Thread>} */
  const threads = new Map();
  const each = (/** @type {(thread: Thread) => unknown} */ act) => [...threads.values()].map(act);
  const connection = new Connection(env, origin, {
    greet: () => [...session.greet(), ...each((thread) => thread.greet())],
    live: () => each((thread) => thread.wake()),
    hear(push) {
      if (/signedOut|role/.test(push.push)) session.hear(push);
      threads.get(push.page)?.hear(push);
    },
    storage(name) {
      if (!`${name ?? kept.prefix}`.startsWith(kept.prefix)) return;
      session.look();
      each((thread) => thread.sync());
    },
  });
  const kept = new Kept(env.storage, `otklik ${origin} `);
  const session = new Session(env, connection, kept, (user_changed) => each((thread) => thread.renew(user_changed)));
  return {
    connection,
    session,
    origin,
    thread(page, options = {}) {
      const thread = threads.get(page) ?? new Thread(env, connection, session, page, options);
      threads.set(page, thread);
      return thread;
    },
    picture(img) {
      const address = img && URL.canParse(img, origin) ? new URL(img, origin) : null;
      return /^https?:/.test(`${address?.protocol}`) ? `${address}` : null;
    },
    close: () => connection.close(),
  };
}

/** @type {typeof import("./index.d.ts").fetchSnapshot} */
export async function fetchSnapshot(url, page, options) {
  return (await import("./snapshot.js")).fetchSnapshot(originOf(url), page, options);
}

// The service stands at its origin's root, and listens at /ws.
/** @param {string | URL} url */
const originOf = (url) => new URL(url, globalThis.location?.href).origin.replace(/^ws/, "http");
