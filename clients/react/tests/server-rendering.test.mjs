// From a snapshot to markup, from markup to a live thread.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createElement as h, StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { createClient } from "otklik-client";
import { Comments, OtklikProvider, ThreadProvider, useComment, useSession, useThread } from "../src/index.js";
import ru from "../locales/ru.js";
import { fetchSnapshot, snapshotText } from "../src/server.js";
import { closeWindow, openWindow } from "./dom.js";
import { PASSWORD, serve, URL_OF_SERVER } from "./site.js";

/** A network on which nothing is ever answered.
 * @param {import("otklik-client").Environment} environment */
const silent = (environment) => /** @type {import("otklik-client").Environment} */ ({
  ...environment,
  fetch: () => new Promise(() => {}),
  WebSocket: /** @type {any} */ (class {
    readyState = 0;
    addEventListener() {}
    close() {}
  }),
});

const inside = (/** @type {import("otklik-client").Snapshot | null} */ snapshot) => h(Comments, { page: "a", snapshot });

test("a server renders what a snapshot holds, as text", async () => {
  const server = serve(["plain", "<img src=x onerror=alert(1)>"]);
  server.write("a reply", 1);
  server.tally(1, "like", 1234);
  const snapshot = await fetchSnapshot(URL_OF_SERVER, "a", { fetch: server.environment().fetch });
  const html = renderToString(h(OtklikProvider, { url: URL_OF_SERVER }, inside(snapshot)));
  assert.match(html, /3 comments/);
  assert.match(html, /a reply/);
  assert.match(html, /&lt;img src=x onerror=alert\(1\)&gt;/);
  assert.doesNotMatch(html, /<img src="?x/);
  assert.match(html, /Like, 1,234 likes/);
  assert.match(html, /src="http:\/\/127\.0\.0\.1:5678\/img\/carol\.svg"/);
  assert.ok(html.indexOf("plain") > html.indexOf("onerror"), "newest first");
});

test("a server without a snapshot renders that it is loading", () => {
  const html = renderToString(h(OtklikProvider, { url: URL_OF_SERVER }, inside(null)));
  assert.match(html, /aria-busy/);
});

test("a server renders in the language that it is given", () => {
  const html = renderToString(h(OtklikProvider, { url: URL_OF_SERVER, locale: "ru", words: ru }, inside(serve().snapshot())));
  assert.match(html, /3 комментария/);
});

test("two requests share nothing", () => {
  const html = (/** @type {string[]} */ comments) =>
    renderToString(h(OtklikProvider, { url: URL_OF_SERVER }, inside(serve(comments).snapshot())));
  assert.match(html(["apples"]), /apples/);
  assert.doesNotMatch(html(["pears"]), /apples/);
});

test("a snapshot's text cannot end the script it stands in", () => {
  const snapshot = serve(["</script><script>alert(1)</script>"]).snapshot();
  const text = snapshotText(snapshot);
  assert.doesNotMatch(text, /</);
  assert.deepEqual(JSON.parse(text), snapshot);
});

test("a hook without its provider says what is missing", () => {
  const Lost = () => useComment(1).comment?.comment ?? null;
  const Alone = () => useSession().user?.username ?? null;
  assert.throws(() => renderToString(h(Lost)), /no ThreadProvider/);
  assert.throws(() => renderToString(h(Alone)), /no OtklikProvider/);
});

// Each of these begins as a server, and there is a document from its middle on.
test("hydration renders once what the browser knows no better", async () => {
  const snapshot = serve().snapshot();
  let renders = 0;
  const Item = () => (renders += 1, h("p", null, useComment(1).comment?.comment));
  const List = () => h("p", null, useThread().top.join());
  const inner = h(ThreadProvider, { page: "a", snapshot, children: [h(Item, { key: 1 }), h(List, { key: 2 })] });
  const html = renderToString(h(OtklikProvider, { url: URL_OF_SERVER }, inner));
  renders = 0;
  const screen = await openWindow();
  const client = createClient({ url: URL_OF_SERVER, environment: silent(serve().environment()) });
  await screen.hydrate(html, h(OtklikProvider, { client }, inner));
  assert.equal(renders, 1);
  assert.match(screen.body.textContent ?? "", /first.*3,2,1/);
  await screen.close();
  client.close();
  closeWindow();
});

test("hydration finds no mismatch, and goes live from the snapshot's revision", async () => {
  const server = serve(["first", "second"]);
  server.write("a reply", 1);
  const snapshot = server.snapshot();
  const tree = (/** @type {any} */ provider) => h(StrictMode, null, h(OtklikProvider, provider, inside(snapshot)));
  const html = renderToString(tree({ url: URL_OF_SERVER }));

  // This reader was here before: signed in, with a draft, and a comment that could not be sent.
  const environment = server.environment();
  const earlier = createClient({ url: URL_OF_SERVER, environment });
  const close = earlier.thread("a").open();
  await new Promise((done) => setTimeout(done, 50));
  await earlier.session.signUp("alice", PASSWORD);
  earlier.thread("a").setDraft("new", "half a thought");
  close();
  earlier.close();
  server.asked.length = 0;

  const screen = await openWindow();
  const complained = console.error;
  /** @type {unknown[]} */
  const said = [];
  console.error = (...words) => said.push(words.join(" "));
  const client = createClient({ url: URL_OF_SERVER, environment });
  await screen.hydrate(html, tree({ client }));
  console.error = complained;
  assert.deepEqual(screen.complaints, []);
  assert.deepEqual(said, []);

  await screen.until(() => client.connection.get().state === "live");
  const subscribe = server.asked.find((query) => query.type_query === "subscribe");
  assert.deepEqual([subscribe?.since, subscribe?.epoch], [snapshot.rev, "e"]);
  await screen.until(() => screen.button("Sign out"));
  assert.equal(/** @type {HTMLTextAreaElement} */ (screen.one("textarea")).value, "half a thought");
  await screen.act(() => server.tally(1, "like", 7));
  assert.ok(screen.button("Like, 7 likes"));
  await screen.close();
  client.close();
  closeWindow();
});
