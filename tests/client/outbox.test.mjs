// Comments that the server has not confirmed: kept before they are sent, sent once, by whoever wrote them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openPage } from "./page.mjs";
import { ALICE, BOB, FakeStorage, Window, record, settle } from "./world.mjs";

const own = (comment_id, members = {}) => record(comment_id, { ...ALICE, mine: null, ...members });
const unsent = (thread) => thread.get().unsent.map(({ comment, state, refusal }) => [comment, state, refusal?.code ?? null]);
const keptIn = (storage) => storage.names().filter((name) => name.includes("outbox"));

/** A reload: another window with the same storage, live, as whoever the token says. */
async function reload(storage, clock, user) {
  const window = new Window({ storage, clock });
  const thread = window.client.thread("/a");
  thread.open();
  await window.greet({ user });
  return Object.assign(window, { thread });
}

test("it is kept before it is sent, and let go when it is confirmed", async () => {
  const storage = new FakeStorage();
  const window = await openPage({ user: ALICE, storage });
  const { thread, socket } = window;
  let kept_when_sent = [];
  socket.heard = ({ type_query }) => {
    if (type_query === "postComment") kept_when_sent = keptIn(storage);
  };
  const posted = thread.post("hi", 7);
  await settle();
  const { page, comment, parent, key } = socket.last("postComment");
  assert.deepEqual({ page, comment, parent }, { page: "/a", comment: "hi", parent: 7 });
  assert.equal(kept_when_sent.length, 1);
  assert.ok(kept_when_sent[0].startsWith('otklik http://comments.test outbox "/a" ') && kept_when_sent[0].endsWith(key));
  assert.deepEqual(unsent(thread), [["hi", "sending", null]]);
  const [item] = thread.get().unsent;
  assert.deepEqual([item.parent, item.key, item.since_ms], [7, key, window.clock.now_ms]);
  socket.answer("postComment", { comment: own(1, { comment: "hi" }), rev: 1 });
  assert.deepEqual(await posted, { ok: true, comment_id: 1 });
  assert.deepEqual([unsent(thread), keptIn(storage), [...thread.get().top]], [[], [], [1]]);
});

test("without a line it is kept, over a reload too, and sent once, with the same key", async () => {
  const storage = new FakeStorage();
  const window = await openPage({ user: ALICE, storage });
  window.socket.drop();
  void window.thread.post("first");
  await window.clock.pass(1);
  void window.thread.post("second");
  await settle();
  assert.deepEqual(unsent(window.thread), [["first", "waiting", null], ["second", "waiting", null]]);
  const keys = window.thread.get().unsent.map(({ key }) => key);
  window.client.close();

  const offline = new Window({ storage, clock: window.clock });
  const close = offline.client.thread("/a").open();
  await settle();
  assert.deepEqual(unsent(offline.client.thread("/a")), [["first", "waiting", null], ["second", "waiting", null]], "shown without a line");
  close();
  offline.client.close();

  const again = await reload(storage, window.clock, ALICE);
  assert.deepEqual(unsent(again.thread), [["first", "sending", null], ["second", "waiting", null]], "in the order of writing");
  assert.equal(again.socket.last("postComment").key, keys[0]);
  again.socket.answer("postComment", { comment: own(1), rev: 1 });
  await settle();
  assert.equal(again.socket.last("postComment").key, keys[1]);
  again.socket.answer("postComment", { comment: own(2), rev: 2 });
  await settle();
  assert.deepEqual([unsent(again.thread), keptIn(storage)], [[], []]);
  assert.equal(again.socket.count("postComment"), 2);
});

test("a cut while it is sent: the same again on the next line", async () => {
  const window = await openPage({ user: ALICE, storage: new FakeStorage() });
  const { thread } = window;
  const posted = thread.post("hi");
  await settle();
  const { key } = window.socket.last("postComment");
  window.socket.drop();
  await settle();
  assert.deepEqual(unsent(thread), [["hi", "waiting", null]]);
  await window.clock.pass(250);
  await window.greet({ user: ALICE });
  assert.equal(window.socket.last("postComment").key, key);
  window.socket.answer("postComment", { comment: own(4), rev: 4 });
  assert.deepEqual(await posted, { ok: true, comment_id: 4 });
});

test("refused for good: it waits for the reader, over a reload too; another text gets another key", async () => {
  const storage = new FakeStorage();
  const window = await openPage({ user: ALICE, storage });
  const posted = window.thread.post("rude");
  await settle();
  window.socket.refuse("postComment", "invalid_comment");
  assert.equal((await posted).refusal.code, "invalid_comment");
  assert.deepEqual(unsent(window.thread), [["rude", "refused", "invalid_comment"]]);
  window.client.close();

  const { thread, socket } = await reload(storage, window.clock, ALICE);
  await settle();
  assert.deepEqual([unsent(thread), socket.count("postComment")], [[["rude", "refused", "invalid_comment"]], 0]);
  const [{ key }] = thread.get().unsent;
  const same = thread.postAgain(key);
  await settle();
  assert.equal(socket.last("postComment").key, key);
  socket.refuse("postComment", "invalid_comment");
  await same;
  const other = thread.postAgain(key, "kind");
  await settle();
  assert.notEqual(socket.last("postComment").key, key);
  assert.deepEqual([unsent(thread), keptIn(storage).length], [[["kind", "sending", null]], 1]);
  socket.answer("postComment", { comment: own(1, { comment: "kind" }), rev: 1 });
  assert.deepEqual(await other, { ok: true, comment_id: 1 });
  assert.equal((await thread.postAgain(key)).ok, false, "there is no such one");
});

test("discard gives it up, and tells who waits for it", async () => {
  const storage = new FakeStorage();
  const window = await openPage({ user: ALICE, storage });
  window.socket.drop();
  const posted = window.thread.post("never mind");
  await settle();
  const [{ key }] = window.thread.get().unsent;
  window.thread.discard(key);
  assert.equal((await posted).ok, false);
  await window.clock.pass(250);
  await window.greet({ user: ALICE });
  await settle();
  assert.deepEqual([unsent(window.thread), keptIn(storage), window.socket.count("postComment")], [[], [], 0]);
});

test("asked to wait, it waits, up to a minute; for longer it is told", async () => {
  const window = await openPage({ user: ALICE });
  const { thread, socket, clock } = window;
  const posted = thread.post("hi");
  await settle();
  for (const wait_ms of [60_000, 3_000]) {
    socket.refuse("postComment", "rate_limited", { retry: true, retry_after_ms: wait_ms });
    await settle();
    assert.deepEqual(unsent(thread), [["hi", "waiting", null]]);
    const sent = socket.count("postComment");
    await clock.pass(wait_ms - 1);
    assert.equal(socket.count("postComment"), sent);
    await clock.pass(1);
    assert.equal(socket.count("postComment"), sent + 1);
  }
  socket.refuse("postComment", "rate_limited", { retry: true, retry_after_ms: 60_001 });
  assert.equal((await posted).refusal.code, "rate_limited");
  assert.deepEqual(unsent(thread), [["hi", "refused", "rate_limited"]]);
});

test("a fault that asks for no waiting is told, and may be tried again", async () => {
  const window = await openPage({ user: ALICE });
  const { thread, socket } = window;
  const posted = thread.post("hi");
  await settle();
  socket.refuse("postComment", "internal", { retry: true, fault_id: "f1" });
  const { refusal } = await posted;
  assert.deepEqual([refusal.code, refusal.fault_id], ["internal", "f1"]);
  const again = thread.postAgain(thread.get().unsent[0].key);
  await settle();
  socket.answer("postComment", { comment: own(1), rev: 1 });
  assert.ok((await again).ok);
});

test("signed out, it waits; as somebody else it is neither shown nor sent", async () => {
  const storage = new FakeStorage();
  const window = await openPage({ user: ALICE, storage });
  const { thread, socket, client } = window;
  window.socket.drop();
  void thread.post("alice's");
  await settle();
  await window.clock.pass(250);
  client.session.kept.set("token", "t-2");
  await window.greet({ user: BOB });
  assert.deepEqual([unsent(thread), window.socket.count("postComment"), keptIn(storage).length], [[], 0, 1]);
  const back = client.session.signIn("alice", "secret");
  await settle();
  window.socket.answer("signIn", { ...ALICE, token: "t-1" });
  await back;
  await settle();
  assert.deepEqual([unsent(thread), window.socket.count("postComment")], [[["alice's", "sending", null]], 1]);
  assert.equal(socket.count("postComment"), 0);
});

test("the server knows first that the reader is signed out: it waits, without haste", async () => {
  const window = await openPage({ user: ALICE });
  const { thread, socket } = window;
  void thread.post("hi");
  await settle();
  socket.refuse("postComment", "sign_in_first");
  await window.clock.pass(1_999);
  assert.deepEqual([unsent(thread), socket.count("postComment")], [[["hi", "waiting", null]], 1]);
});

test("a guest's is refused; what is posted before anything is known waits for who it is", async () => {
  const guest = await openPage();
  assert.equal((await guest.thread.post("hi")).refusal.code, "sign_in_first");
  assert.deepEqual(unsent(guest.thread), []);

  const storage = new FakeStorage();
  const window = new Window({ storage });
  window.client.session.kept.set("token", "t-1");
  const thread = window.client.thread("/a");
  thread.open();
  const posted = thread.post("early");
  await settle();
  assert.deepEqual([unsent(thread), keptIn(storage)], [[["early", "waiting", null]], []]);
  await window.greet({ user: ALICE });
  assert.deepEqual([window.socket.last("postComment").comment, keptIn(storage).length], ["early", 1]);
  window.socket.answer("postComment", { comment: own(1), rev: 1 });
  assert.ok((await posted).ok);
});

test("what is written before the server has said who one is outlives a reload, for whom the token was given to", async () => {
  const storage = new FakeStorage();
  const before = await openPage({ user: ALICE, storage });
  before.client.close();
  const window = new Window({ storage, clock: before.clock });
  const thread = window.client.thread("/a");
  void thread.post("early");
  await settle();
  assert.deepEqual([unsent(thread), keptIn(storage).length], [[["early", "waiting", null]], 1]);
  window.client.close();
  const again = await reload(storage, window.clock, ALICE);
  assert.deepEqual(unsent(again.thread), [["early", "sending", null]]);
  // Whoever comes with another token does not see it, and does not send it.
  again.client.close();
  const other = await reload(storage, window.clock, BOB);
  assert.deepEqual([unsent(other.thread), other.socket.count("postComment")], [[], 0]);
  const third = new Window({ storage, clock: window.clock });
  third.client.thread("/a").open();
  await settle();
  assert.deepEqual(unsent(third.client.thread("/a")), []);
});

test("what was posted before anything was known, and turns out to be a guest's, is refused as such", async () => {
  const window = new Window();
  const thread = window.client.thread("/a");
  thread.open();
  const posted = thread.post("early");
  await settle();
  await window.greet();
  assert.equal((await posted).refusal.code, "sign_in_first");
  assert.deepEqual(unsent(thread), [["early", "refused", "sign_in_first"]]);
  const done = window.client.session.signIn("alice", "secret");
  await settle();
  window.socket.answer("signIn", { ...ALICE, token: "t-1" });
  await done;
  void thread.postAgain(thread.get().unsent[0].key);
  await settle();
  assert.deepEqual([unsent(thread), window.socket.last("postComment").comment], [[["early", "sending", null]], "early"]);
});

test("several windows: none loses another's, and what one has sent or given up is gone in all", async () => {
  const storage = new FakeStorage();
  const [one, two] = [await openPage({ user: ALICE, storage }), await openPage({ user: ALICE, storage })];
  for (const window of [one, two]) window.socket.drop();
  const posted = [one.thread.post("from one"), two.thread.post("from two")];
  await settle();
  assert.equal(keptIn(storage).length, 2);
  assert.deepEqual([unsent(one.thread), unsent(two.thread)], [[["from one", "waiting", null]], [["from two", "waiting", null]]]);
  await one.clock.pass(250);
  await one.greet({ user: ALICE });
  assert.equal(unsent(one.thread).length, 2, "what was left behind is taken over with the next line");
  one.socket.answer("postComment", { comment: own(1, { comment: "from one" }), rev: 1 });
  await settle();
  one.socket.answer("postComment", { comment: own(2, { comment: "from two" }), rev: 2 });
  await settle();
  assert.deepEqual([keptIn(storage), unsent(one.thread), unsent(two.thread)], [[], [], []]);
  assert.deepEqual([(await posted[0]).ok, (await posted[1]).refusal.code], [true, "cut"]);
});

test("two windows that send the same one get the same comment", async () => {
  const storage = new FakeStorage();
  const one = await openPage({ user: ALICE, storage });
  const posted = one.thread.post("hi");
  await settle();
  const two = await reload(storage, one.clock, ALICE);
  assert.equal(two.socket.last("postComment").key, one.socket.last("postComment").key);
  for (const window of [two, one]) {
    window.socket.answer("postComment", { comment: own(1, { comment: "hi" }), rev: 1 });
    await settle();
  }
  assert.deepEqual(await posted, { ok: true, comment_id: 1 });
  assert.deepEqual([[...one.thread.get().top], [...two.thread.get().top], keptIn(storage)], [[1], [1], []]);
});

test("half a character, as a cut through an emoji leaves it, does not end the line", async () => {
  const window = await openPage({ user: ALICE });
  void window.thread.post("a\ud83d b \u{1f600}");
  await settle();
  assert.equal(window.socket.last("postComment").comment, "a\ufffd b \u{1f600}");
});

test("posting keeps the line up, though the page has closed", async () => {
  const window = await openPage({ user: ALICE });
  const posted = window.thread.post("bye");
  await settle();
  window.close();
  await window.clock.pass(5_000);
  assert.equal(window.state, "live");
  window.socket.answer("postComment", { comment: own(1), rev: 1 });
  await posted;
  await window.clock.pass(1_000);
  assert.equal(window.state, "idle");
});

test("without storage it is kept as long as the page, over new lines too", async () => {
  const window = await openPage({ user: ALICE });
  const { thread } = window;
  for (const text of ["one", "two"]) {
    const posted = thread.post(text);
    await settle();
    window.socket.drop();
    await settle();
    assert.deepEqual(unsent(thread), [[text, "waiting", null]]);
    await window.clock.pass(500);
    await window.greet({ user: ALICE });
    window.socket.answer("postComment", { comment: own(text.length, { comment: text }), rev: 1 });
    assert.ok((await posted).ok);
    assert.deepEqual(unsent(thread), []);
  }
});

test("what cannot be read in the storage is passed over", async () => {
  const storage = new FakeStorage();
  storage.setItem('otklik http://comments.test outbox "/a" x', "not JSON");
  const window = await openPage({ user: ALICE, storage });
  void window.thread.post("hi");
  await settle();
  assert.deepEqual(unsent(window.thread), [["hi", "sending", null]]);
});

test("edit and delete: shown as answered, asked again after a cut, refused with a reason", async () => {
  const window = await openPage({ user: ALICE, comments: [own(1, { replies: 1 }), own(2, { parent: 1 })] });
  const { thread } = window;
  const edited = thread.edit(1, "better");
  await settle();
  window.socket.drop();
  await window.clock.pass(250);
  await window.greet({ user: ALICE });
  assert.equal(window.socket.last("editComment").comment, "better");
  window.socket.answer("editComment", { comment: own(1, { rev: 3, replies: 1, comment: "better", edited: "2026-11-23T09:30:00.000Z" }), rev: 3 });
  assert.ok((await edited).ok);
  assert.equal(thread.comment(1).comment, "better");

  const refused = thread.remove(2);
  await settle();
  window.socket.refuse("deleteComment", "forbidden");
  assert.equal((await refused).ok, false);
  assert.equal(thread.comment(2).refusal.code, "forbidden");

  const removed = thread.remove(2);
  await settle();
  window.socket.answer("deleteComment", { rev: 4 });
  assert.ok((await removed).ok);
  assert.deepEqual([[...thread.replies(1)], thread.comment(1).replies_missing, thread.comment(2).refusal], [[], 0, null]);

  window.socket.drop();
  assert.equal((await thread.remove(1)).refusal.code, "offline");
  assert.equal(thread.comment(1).refusal.code, "offline");
});
