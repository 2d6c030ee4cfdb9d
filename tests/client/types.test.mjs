// The client is as small as it says, each file can be read at one sitting, and its types hold.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = `${root}static/otklik/`;
const modules = readdirSync(folder).filter((name) => name.endsWith(".js"));
const textOf = (name) => readFileSync(folder + name, "utf8");

/** What browsers are sent: without comments that stand alone, types, and the room before each line. */
function lean(text) {
  const without = text.replace(/^ *\/\*[^]*?\*\/$\n/gm, "").replace(/^ *\/\/.*\n/gm, "").replace(/\/\*\* @.*?\*\/ */g, "");
  return without.split("\n").map((line) => line.trim()).filter(Boolean).join("\n");
}

/** Bytes of some modules, packed together as they are served. */
const packed = (names) => gzipSync(names.map((name) => lean(textOf(name))).join("\n"), { level: 9 }).length;

test("the types hold, strictly", (t) => {
  const tsc = `${root}tests/browser/node_modules/typescript/bin/tsc`;
  if (!existsSync(tsc)) return t.skip("typescript is not installed: npm ci in tests/browser");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});

test("connection and store are within 6.5 KB, all that is loaded later within 3.5 KB", () => {
  const store = packed(["connection.js", "store.js", "page.js", "thread.js"]);
  assert.ok(store <= 6.5 * 1024, `${store} bytes`);
  const later = packed(["later.js", "outbox.js"]);
  assert.ok(later <= 3.5 * 1024, `${later} bytes`);
});

test("no file above 500 lines, no dependency, nothing that makes markup of text", () => {
  const names = JSON.parse(textOf("package.json"));
  assert.deepEqual([names.dependencies, names.name], [undefined, "otklik-client"]);
  for (const name of modules) {
    const text = textOf(name);
    assert.ok(text.split("\n").length <= 500, name);
    for (const [, from] of text.matchAll(/from "([^"]+)"/g)) assert.match(from, /^\.\//, name);
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function/, name);
  }
});

test("it can be imported where there is no browser", async () => {
  const { createClient } = await import("../../static/otklik/index.js");
  const { WebSocket } = globalThis;
  const client = createClient({ url: "https://comments.test" });
  const comment = { comment_id: 1, parent: null, user_id: 1, username: "alice", img: "/a.svg", comment: "hi", like: 0, dislike: 0, date: "2026-11-23T09:30:00.000Z", edited: null, state: "shown", replies: 0, rev: 1 };
  const thread = client.thread("/a", { snapshot: { page: "/a", epoch: "e", rev: 1, total: 1, viewers: 0, comments: [comment], next: null } });
  assert.deepEqual([thread.get().status, [...thread.get().top], thread.comment(1).comment, client.connection.get().state], ["ready", [1], "hi", "idle"]);
  assert.equal(globalThis.WebSocket, WebSocket);
});

test("a page is read over HTTP, and a refusal is thrown", async () => {
  const { fetchSnapshot } = await import("../../static/otklik/index.js");
  const asked = [];
  const get = (answer, ok) => (url) => {
    asked.push(url);
    return Promise.resolve({ ok, json: () => Promise.resolve(answer) });
  };
  const snapshot = await fetchSnapshot("wss://comments.test/ws", "/a b?c", { sort: "top", limit: 5, fetch: get({ rev: 1 }, true) });
  assert.deepEqual([snapshot, asked], [{ rev: 1 }, ["https://comments.test/api/comments?page=%2Fa+b%3Fc&sort=top&limit=5"]]);
  await assert.rejects(fetchSnapshot("https://comments.test", "/a", { fetch: get({ code: "bad_query", message: "No." }, false) }), { message: "No.", code: "bad_query" });
});
