// Reactions: shown at once, one query at a time, the last wish last, counted once whatever comes first.

import assert from "node:assert/strict";
import { test } from "node:test";

import { asked, openPage, push, resume } from "./page.mjs";
import { ALICE, BOB, LIMITS, record, settle } from "./world.mjs";

const seen = (thread, id = 1) => {
  const { like, dislike, mine, reacting, refusal } = thread.comment(id);
  return { like, dislike, mine, reacting, why: refusal?.code ?? null };
};

const answer = (window, like, dislike, rev) => {
  const { reaction, comment_id } = window.socket.last("react");
  window.socket.answer("react", { comment_id, like, dislike, reaction, rev });
};

test("it is shown at once, and stays as the server answers", async () => {
  const window = await openPage({ comments: [record(1, { like: 4, mine: null })], user: ALICE });
  const { thread } = window;
  const done = thread.react(1, "like");
  assert.deepEqual(seen(thread), { like: 5, dislike: 0, mine: "like", reacting: true, why: null });
  await settle();
  answer(window, 6, 1, 2);
  assert.ok((await done).ok);
  assert.deepEqual(seen(thread), { like: 6, dislike: 1, mine: "like", reacting: false, why: null });
});

test("from like to dislike, and to none: over the server's numbers", async () => {
  const window = await openPage({ comments: [record(1, { like: 4, dislike: 2, mine: "like" })], user: ALICE });
  const { thread } = window;
  void thread.react(1, "dislike");
  assert.deepEqual(seen(thread), { like: 3, dislike: 3, mine: "dislike", reacting: true, why: null });
  void thread.react(1, "none");
  assert.deepEqual(seen(thread), { like: 3, dislike: 2, mine: null, reacting: true, why: null });
  push(window, 2, { tallies: [[1, 10, 2, 2]] });
  assert.deepEqual(seen(thread), { like: 9, dislike: 2, mine: null, reacting: true, why: null });
});

test("never counted twice, whether the push comes before the answer is read or after", async () => {
  const window = await openPage({ comments: [record(1, { mine: null })], user: ALICE });
  const { thread } = window;
  const done = thread.react(1, "like");
  await settle();
  answer(window, 1, 0, 2);
  await done;
  push(window, 2, { tallies: [[1, 1, 0, 2]] });
  assert.equal(thread.comment(1).like, 1);
  push(window, 3, { tallies: [[1, 2, 0, 3]] });
  assert.equal(thread.comment(1).like, 2);
});

test("twenty quick toggles: one query at a time, and the last wish stands", async () => {
  const window = await openPage({ comments: [record(1, { mine: null })], user: ALICE });
  const { thread, socket } = window;
  const results = [];
  for (let at = 0; at < 20; at += 1) results.push(thread.react(1, at % 2 ? "none" : "like"));
  await settle();
  assert.equal(socket.count("react"), 1);
  results.push(thread.react(1, "dislike"));
  answer(window, 0, 0, 1);
  await settle();
  assert.deepEqual([socket.count("react"), socket.last("react").reaction], [2, "dislike"]);
  assert.deepEqual(seen(thread), { like: 0, dislike: 1, mine: "dislike", reacting: true, why: null });
  answer(window, 0, 1, 3);
  for (const result of await Promise.all(results)) assert.ok(result.ok);
  assert.equal(socket.count("react"), 2);
  assert.deepEqual(seen(thread), { like: 0, dislike: 1, mine: "dislike", reacting: false, why: null });
});

test("a refusal takes the wish away, and says why until the next try", async () => {
  const window = await openPage({ comments: [record(1, { like: 3, mine: "dislike", dislike: 1 })], user: ALICE });
  const { thread, socket } = window;
  const done = thread.react(1, "like");
  await settle();
  socket.refuse("react", "forbidden");
  assert.equal((await done).refusal.code, "forbidden");
  assert.deepEqual(seen(thread), { like: 3, dislike: 1, mine: "dislike", reacting: false, why: "forbidden" });
  void thread.react(1, "none");
  assert.deepEqual(seen(thread), { like: 3, dislike: 0, mine: null, reacting: true, why: null });
});

test("asked to wait for a moment: it waits, once; for long, or again: it tells", async () => {
  const window = await openPage({ comments: [record(1, { mine: null })], user: ALICE });
  const { thread, socket, clock } = window;
  const done = thread.react(1, "like");
  await settle();
  socket.refuse("react", "rate_limited", { retry: true, retry_after_ms: 900 });
  await clock.pass(899);
  assert.deepEqual([socket.count("react"), seen(thread).like], [1, 1]);
  await clock.pass(1);
  assert.equal(socket.count("react"), 2);
  socket.refuse("react", "rate_limited", { retry: true, retry_after_ms: 900 });
  assert.equal((await done).refusal.code, "rate_limited");
  assert.deepEqual(seen(thread), { like: 0, dislike: 0, mine: null, reacting: false, why: "rate_limited" });
  const long = thread.react(1, "like");
  await settle();
  socket.refuse("react", "rate_limited", { retry: true, retry_after_ms: 60_000 });
  assert.equal((await long).ok, false);
});

test("a cut: the wish stays shown, goes out again on the next line, and is counted once meanwhile", async () => {
  const window = await openPage({ comments: [record(1, { like: 7, mine: null })], user: ALICE });
  const { thread, clock } = window;
  const done = thread.react(1, "like");
  await settle();
  window.socket.drop();
  await settle();
  assert.deepEqual(seen(thread), { like: 8, dislike: 0, mine: "like", reacting: true, why: null });
  void thread.react(1, "dislike");
  void thread.react(1, "like");
  await clock.pass(250);
  window.socket.open();
  window.socket.answer("signInWithToken", { ...ALICE, token: "t-1" });
  await settle();
  // It had been carried out before the cut.
  await resume(window, { tallies: [[1, 8, 0, 2]], rev: 2 });
  assert.deepEqual(seen(thread), { like: 8, dislike: 0, mine: "like", reacting: true, why: null });
  window.socket.answer("loadReactions", { reactions: [[1, "like"]] });
  await settle();
  assert.equal(window.socket.count("react"), 0, "not before it is live");
  window.socket.answer("hello", { limits: {}, now: "2026-11-23T09:30:00.000Z", sign_up: "open" });
  await settle();
  assert.deepEqual([window.socket.count("react"), window.socket.last("react").reaction], [1, "like"]);
  answer(window, 8, 0, 2);
  assert.ok((await done).ok);
  assert.deepEqual(seen(thread), { like: 8, dislike: 0, mine: "like", reacting: false, why: null });
});

test("without a line it is shown, and sent when there is one", async () => {
  const window = await openPage({ comments: [record(1, { mine: null })], user: ALICE });
  const { thread } = window;
  window.socket.drop();
  const done = thread.react(1, "like");
  assert.equal(seen(thread).like, 1);
  await window.clock.pass(250);
  await window.greet({ user: ALICE });
  answer(window, 1, 0, 2);
  assert.ok((await done).ok);
});

test("another reader does not send, nor see, what the one before wished", async () => {
  const window = await openPage({ comments: [record(1, { mine: "like", like: 1 })], user: ALICE });
  const { thread } = window;
  window.socket.drop();
  const done = thread.react(1, "dislike");
  window.client.session.kept.set("token", "t-2");
  await window.clock.pass(250);
  await window.greet({ user: BOB });
  assert.equal(window.socket.count("react"), 0);
  assert.equal((await done).ok, false);
  assert.deepEqual(seen(thread), { like: 1, dislike: 0, mine: null, reacting: false, why: null });
});

test("a guest is told to sign in, and nothing is sent", async () => {
  const window = await openPage({ comments: [record(1)] });
  const { refusal } = await window.thread.react(1, "like");
  assert.equal(refusal.code, "sign_in_first");
  assert.deepEqual([window.socket.count("react"), seen(window.thread).like], [0, 0]);
});

test("the user's other session: what it set is shown, and an older list does not undo it", async () => {
  const window = await openPage({ comments: [record(1, { rev: 3, mine: null })], rev: 5, next: "c", user: ALICE });
  const { thread, socket } = window;
  socket.say({ push: "reacted", page: "/a", comment_id: 1, reaction: "like" });
  assert.equal(thread.comment(1).mine, "like");
  await asked(window, () => thread.loadReplies(1), "loadComments", { comments: [], next: null, rev: 5 });
  await asked(window, () => thread.loadMore(), "loadComments", { comments: [record(1, { rev: 3, mine: null })], next: null, rev: 5 });
  assert.equal(thread.comment(1).mine, "like");
  push(window, 6, { tallies: [[1, 1, 0, 6]] });
  assert.deepEqual(seen(thread), { like: 1, dislike: 0, mine: "like", reacting: false, why: null });
  socket.say({ push: "reacted", page: "/a", comment_id: 1, reaction: "none" });
  assert.equal(thread.comment(1).mine, null);
  await asked(window, () => thread.loadReplies(1), "loadComments", { comments: [record(1, { rev: 9, mine: "dislike", dislike: 1 })], next: null, rev: 9 });
  assert.deepEqual(seen(thread), { like: 0, dislike: 1, mine: "dislike", reacting: false, why: null });
});

test("what is told of one's own reaction before its comment is kept for it", async () => {
  const window = await openPage({ comments: [record(1)], user: ALICE });
  const { thread, socket } = window;
  socket.say({ push: "reacted", page: "/a", comment_id: 2, reaction: "like" });
  push(window, 2, { comments: [record(2, { parent: 1, like: 1 }), record(1, { rev: 2, replies: 1 })] });
  assert.deepEqual(seen(thread, 2), { like: 1, dislike: 0, mine: "like", reacting: false, why: null });
});

test("an older comment that a push brings: what the reader thinks of it is asked for", async () => {
  const window = await openPage({ comments: [record(1, { replies: 2 })], user: ALICE });
  const { thread, socket, clock } = window;
  const asked_before = socket.count("loadReactions");
  await clock.pass(1_000);
  const now = new Date(clock.now_ms).toISOString();
  // One without any reactions, and one that is new: a session of the reader's would have told.
  push(window, 5, { from: 1, comments: [record(2, { rev: 5, parent: 1 }), record(5, { parent: 1, like: 1, date: now })] });
  assert.equal(socket.count("loadReactions"), asked_before);
  push(window, 6, { comments: [record(3, { rev: 6, parent: 1, like: 2 })] });
  await settle();
  assert.deepEqual(socket.last("loadReactions").comment_ids, [3]);
  socket.answer("loadReactions", { reactions: [[3, "like"]] });
  await settle();
  assert.deepEqual(seen(thread, 3), { like: 2, dislike: 0, mine: "like", reacting: false, why: null });
});

test("what came while the line was cut, and is told by a push after it: what the reader thinks of it is asked for", async () => {
  const window = await openPage({ comments: [record(1)], user: ALICE });
  const { thread, clock } = window;
  // Told before the comment, and perhaps not the last that was done.
  window.socket.say({ push: "reacted", page: "/a", comment_id: 3, reaction: "like" });
  window.socket.drop();
  await clock.pass(100);
  const date = new Date(clock.now_ms).toISOString();
  await clock.pass(150);
  window.socket.open();
  await settle();
  const { socket } = window;
  socket.answer("hello", { version: "0", protocol: 1, now: new Date(clock.now_ms).toISOString(), epoch: "e", sign_up: "open", limits: LIMITS, user: null });
  socket.answer("signInWithToken", { ...ALICE, token: "t-1" });
  socket.answer("loadReactions", { reactions: [] });
  await resume(window, { rev: 1 });
  assert.equal(window.state, "live");
  push(window, 3, { from: 1, comments: [record(2, { rev: 3, parent: 1, like: 1, date }), record(3, { rev: 3, parent: 1, date })] });
  await settle();
  assert.deepEqual(socket.last("loadReactions").comment_ids, [2]);
  socket.answer("loadReactions", { reactions: [[2, "like"]] });
  await settle();
  assert.deepEqual([2, 3].map((id) => thread.comment(id).mine), ["like", null]);
});

test("what a guest was told of before signing in: what the reader thinks of it is asked for when it comes", async () => {
  const window = await openPage({ comments: [record(1)] });
  const { thread, socket, client, clock } = window;
  await clock.pass(1_000);
  const date = new Date(clock.now_ms).toISOString();
  await clock.pass(1_000);
  const done = client.session.signIn("alice", "secret");
  await settle();
  socket.answer("signIn", { ...ALICE, token: "t-1" });
  await done;
  await settle();
  socket.answer("loadReactions", { reactions: [] });
  push(window, 3, { from: 1, comments: [record(2, { rev: 3, parent: 1, like: 1, date })] });
  await settle();
  assert.deepEqual(socket.last("loadReactions").comment_ids, [2]);
  socket.answer("loadReactions", { reactions: [[2, "like"]] });
  await settle();
  assert.equal(thread.comment(2).mine, "like");
});

test("counts do not go below nothing while a reaction is told before its numbers", async () => {
  const window = await openPage({ comments: [record(1, { mine: null })], user: ALICE });
  const { thread, socket } = window;
  socket.say({ push: "reacted", page: "/a", comment_id: 1, reaction: "like" });
  void thread.react(1, "none");
  assert.equal(thread.comment(1).like, 0);
});

test("signing in loads what the reader thinks of what is held, in portions of 500", async () => {
  const comments = Array.from({ length: 1_100 }, (_, at) => record(1_100 - at));
  const window = await openPage({ comments, next: "c" });
  const { thread, socket, client } = window;
  assert.equal(socket.count("loadReactions"), 0, "a guest has none");
  const done = client.session.signIn("alice", "secret");
  await settle();
  socket.answer("signIn", { ...ALICE, token: "t-1" });
  await done;
  await settle();
  const portions = socket.sent.filter((query) => query.type_query === "loadReactions");
  assert.deepEqual(portions.map((query) => query.comment_ids.length), [500, 500, 100]);
  // What is told meanwhile is newer than the answer.
  socket.say({ push: "reacted", page: "/a", comment_id: 1_100, reaction: "dislike" });
  const last = portions.at(-1);
  socket.say({ id: last.id, status: "success", reactions: [[1_100, "like"], [1_099, "like"]] });
  await settle();
  assert.deepEqual([1_100, 1_099, 1_098].map((id) => thread.comment(id).mine), ["dislike", "like", null]);
  const out = client.session.signOut();
  await settle();
  socket.answer("signOut");
  await out;
  assert.deepEqual([1_100, 1_099].map((id) => thread.comment(id).mine), [null, null]);
  assert.equal(socket.count("loadReactions"), 3);
});

test("on a new line they are asked for in the same flight", async () => {
  const window = await openPage({ comments: [record(1, { mine: "like", like: 1 })], user: ALICE });
  window.socket.drop();
  await window.clock.pass(250);
  window.socket.open();
  await settle();
  assert.deepEqual(window.socket.sent.map((query) => query.type_query), ["hello", "signInWithToken", "subscribe", "loadReactions"]);
  assert.deepEqual(window.socket.last("loadReactions").comment_ids, [1]);
});
