// A page as a store: how it opens, who is told of what and when, what stays the same object, drafts.

import assert from "node:assert/strict";
import { test } from "node:test";

import { begin, openPage, push } from "./page.mjs";
import { ALICE, BOB, FakeStorage, Window, record, settle, tombstone } from "./world.mjs";

test("a snapshot is shown at once, and gone on from", async () => {
  const window = new Window();
  const snapshot = { page: "/a", epoch: "e", rev: 7, total: 2, viewers: 3, comments: [record(2), record(1)], next: "c" };
  const thread = window.client.thread("/a", { snapshot });
  const { status, top, total, viewers, more, rev } = thread.get();
  assert.deepEqual({ status, top: [...top], total, viewers, more, rev }, { status: "ready", top: [2, 1], total: 2, viewers: 3, more: true, rev: 7 });
  assert.equal(window.sockets.length, 0);
  assert.equal(window.client.thread("/a"), thread, "one page, one object");
  thread.open();
  window.socket.open();
  assert.deepEqual([window.socket.last("subscribe").since, window.socket.last("subscribe").epoch], [7, "e"]);
  thread.fill({ ...snapshot, comments: [] });
  assert.deepEqual([...thread.get().top], [2, 1], "it fills only what is empty");
});

test("a page that cannot be read says why, and goes on trying", async () => {
  const window = new Window();
  const thread = window.client.thread("/a");
  assert.equal(thread.get().status, "loading");
  thread.open();
  window.socket.open();
  window.socket.answer("hello", { limits: {}, now: "2026-11-23T09:30:00.000Z", sign_up: "open" });
  window.socket.refuse("subscribe", "too_many_subscriptions");
  await settle();
  assert.deepEqual([thread.get().status, thread.get().refusal.code, window.state], ["failed", "too_many_subscriptions", "live"]);
  await window.clock.pass(30_000);
  assert.equal(window.socket.count("subscribe"), 2);
  window.socket.refuse("subscribe", "busy", { retry: true, retry_after_ms: 700 });
  await window.clock.pass(700);
  await begin(window, { comments: [], rev: 0 });
  assert.deepEqual([thread.get().status, thread.get().refusal], ["ready", null]);
});

test("opened twice, it is followed once, until both have closed", async () => {
  const window = await openPage({ comments: [record(1)] });
  const { thread, socket } = window;
  const before = socket.count("subscribe");
  const close = thread.open();
  window.close();
  window.close();
  assert.deepEqual([socket.count("subscribe"), socket.count("unsubscribe")], [before, 0]);
  close();
  assert.equal(socket.count("unsubscribe"), 1);
  thread.open();
  assert.deepEqual([socket.count("subscribe"), socket.last("subscribe").since], [before + 1, 1]);
});

test("listeners are called once a frame, and those of a comment only when it changed", async () => {
  const window = await openPage({ comments: [record(1, { replies: 1 }), record(2, { parent: 1 }), record(3)], rev: 3 });
  const { thread } = window;
  window.frame();
  const calls = { thread: 0, one: 0, two: 0, three: 0 };
  thread.subscribe(() => { calls.thread += 1; });
  const ends = Object.entries({ one: 1, two: 2, three: 3 }).map(([name, id]) => thread.watch(id, () => { calls[name] += 1; }));
  for (let rev = 4; rev < 10; rev += 1) push(window, rev, { tallies: [[2, rev, 0, rev]], total: 3 });
  assert.deepEqual(calls, { thread: 0, one: 0, two: 0, three: 0 });
  window.frame();
  assert.deepEqual(calls, { thread: 1, one: 0, two: 1, three: 0 });
  push(window, 10, { comments: [record(10, { parent: 1 }), record(1, { rev: 10, replies: 2 })] });
  window.frame();
  assert.deepEqual(calls, { thread: 2, one: 1, two: 1, three: 0 });
  // Which replies are held is told to those who watch the parent.
  push(window, 11, { comments: [tombstone(10, { rev: 11, parent: 1 }), record(1, { rev: 11, replies: 1 })] });
  window.frame();
  assert.equal(calls.one, 2);
  for (const end of ends) end();
  push(window, 12, { tallies: [[3, 1, 0, 12]] });
  window.frame();
  assert.equal(calls.three, 0);
});

test("what has been read before the frame is told all the same", async () => {
  const window = await openPage({ comments: [record(1)] });
  const { thread } = window;
  window.frame();
  let calls = 0;
  thread.watch(1, () => { calls += 1; });
  thread.subscribe(() => { calls += 10; });
  push(window, 2, { tallies: [[1, 1, 0, 2]] });
  thread.comment(1);
  thread.get();
  window.frame();
  assert.equal(calls, 11);
});

test("get, comment and replies stay the same objects until something in them changes", async () => {
  const window = await openPage({ comments: [record(1, { replies: 1 }), record(2, { parent: 1 }), record(3)], rev: 3 });
  const { thread } = window;
  const parts = () => [thread.get().top, thread.get().unsent, thread.comment(1), thread.comment(2), thread.comment(3), thread.replies(1), thread.replies(2), thread.replies(99)];
  const before = parts();
  assert.deepEqual(parts().map((part, at) => part === before[at]), Array(8).fill(true));
  push(window, 4, { tallies: [[2, 1, 0, 4]] });
  assert.deepEqual(parts().map((part, at) => part === before[at]), [true, true, true, false, true, true, true, true]);
  window.frame();
  push(window, 5, { comments: [record(3, { rev: 5, comment: "x" })] });
  assert.deepEqual(parts().map((part, at) => part === before[at]), [true, true, true, false, false, true, true, true]);
});

test("a push costs what it changes, not what is held", async () => {
  const comments = Array.from({ length: 5_000 }, (_, at) => record(5_000 - at));
  const window = await openPage({ comments });
  const { thread } = window;
  thread.get();
  for (const { comment_id } of comments) thread.comment(comment_id);
  window.frame();
  let looked = 0;
  const { seen } = thread.data;
  thread.data.seen = (id) => {
    looked += 1;
    return seen(id);
  };
  push(window, 5_001, { tallies: Array.from({ length: 500 }, (_, at) => [at + 1, 1, 0, 5_001]), total: 5_000 });
  thread.get();
  window.frame();
  assert.equal(thread.comment(7).like, 1);
  assert.ok(looked <= 1_000, `${looked} comments were looked at`);
});

test("pictures: only from the web", () => {
  const { client } = new Window({ url: "https://comments.test" });
  assert.equal(client.origin, "https://comments.test");
  assert.equal(client.picture("/img/a%20b.svg"), "https://comments.test/img/a%20b.svg");
  assert.equal(client.picture("http://else.test/x.png"), "http://else.test/x.png");
  for (const bad of [null, "", "javascript:alert(1)", "data:image/png;base64,AA", "blob:x", "http://"]) assert.equal(client.picture(bad), null, bad);
});

test("drafts are kept by page and target, over a reload, whoever is signed in", async () => {
  const storage = new FakeStorage();
  const first = new Window({ storage });
  first.client.thread("/a").setDraft("reply-7", "half a sen");
  first.client.thread("/a b").setDraft("new", "elsewhere");
  const second = new Window({ storage });
  const thread = second.client.thread("/a");
  assert.deepEqual([thread.draft("reply-7"), thread.draft("new")], ["half a sen", ""]);
  thread.setDraft("reply-7", "");
  assert.equal(first.client.thread("/a").draft("reply-7"), "");
  assert.equal(storage.length, 1);
  const none = new Window().client.thread("/a");
  none.setDraft("new", "x");
  assert.equal(none.draft("new"), "x", "without storage it lives as long as the page");
  const full = new Window({ storage: { window: () => ({ getItem: () => null, setItem() { throw new Error("QuotaExceededError"); }, removeItem() {}, key: () => null, length: 0 }) } });
  full.client.thread("/a").setDraft("new", "y");
  assert.equal(full.client.thread("/a").draft("new"), "y");
});

test("what others wrote as bob is not alice's", async () => {
  const window = await openPage({ comments: [record(1)], user: ALICE });
  assert.equal(window.thread.comment(1).own, false);
  assert.equal(window.thread.comment(1).user_id, BOB.user_id);
});
