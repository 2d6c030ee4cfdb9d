// A page's store: the merge law, who is listed where, pausing, finding, and objects that stay the same.

import assert from "node:assert/strict";
import { test } from "node:test";

import { asked, begin, openPage, push, resume } from "./page.mjs";
import { ALICE, BOB, FakeStorage, Window, record, settle, tombstone } from "./world.mjs";

const like = (thread, id) => thread.comment(id).like;

test("of a record and of a tally stays the newest, each by its own revision", async () => {
  const window = await openPage({ comments: [record(1, { rev: 5, comment: "old" })] });
  const { thread } = window;
  push(window, 6, { tallies: [[1, 3, 1, 6]] });
  assert.deepEqual([like(thread, 1), thread.comment(1).dislike], [3, 1]);
  push(window, 8, { comments: [record(1, { rev: 8, comment: "new", like: 4 })] });
  assert.deepEqual([thread.comment(1).comment, like(thread, 1)], ["new", 4]);
  const before = thread.comment(1);
  for (const late of [{ comments: [record(1, { rev: 7, comment: "late", like: 9 })] }, { tallies: [[1, 9, 9, 8]] }, { tallies: [[1, 9, 9, 5]] }]) push(window, 8, { from: 3, ...late });
  assert.equal(thread.comment(1), before);
});

test("a record below a tally's revision keeps the tally, as the answer to a reaction is ahead of pushes", async () => {
  const window = await openPage({ comments: [record(1, { rev: 5 })], user: ALICE });
  const { thread } = window;
  await asked(window, () => thread.react(1, "like"), "react", { comment_id: 1, like: 1, dislike: 0, reaction: "like", rev: 9 });
  push(window, 8, { from: 5, comments: [record(1, { rev: 8, comment: "edited", like: 0 })] });
  assert.deepEqual([thread.comment(1).comment, like(thread, 1), thread.comment(1).mine], ["edited", 1, "like"]);
  push(window, 9, { tallies: [[1, 1, 0, 9]] });
  assert.equal(like(thread, 1), 1);
});

test("a push twice, or late, changes nothing", async () => {
  const window = await openPage({ comments: [record(1)] });
  const { thread } = window;
  const told = { comments: [record(2, { parent: 1, rev: 2 }), record(1, { rev: 2, replies: 1 })], total: 2 };
  push(window, 2, told);
  const [view, comment, replies] = [thread.get(), thread.comment(1), thread.replies(1)];
  push(window, 2, told);
  push(window, 1, { from: 0, comments: [record(1)], total: 1 });
  assert.deepEqual([thread.get() === view, thread.comment(1) === comment, thread.replies(1) === replies], [true, true, true]);
});

test("only what is whole moves the page's revision; a gap is filled by subscribing with it", async () => {
  const window = await openPage({ comments: [record(1)], rev: 5, total: 1 });
  const { thread, socket } = window;
  const subscribes = () => socket.count("subscribe");
  const before = subscribes();
  push(window, 9, { from: 7, tallies: [[1, 5, 0, 9]], total: 3 });
  push(window, 10, { tallies: [[1, 6, 0, 10]], total: 4 });
  assert.equal(subscribes(), before + 1, "once");
  const { since, epoch } = socket.last("subscribe");
  assert.deepEqual([since, epoch, thread.get().rev, thread.get().total, like(thread, 1)], [5, "e", 5, 1, 6]);
  await resume(window, { comments: [record(2, { rev: 6 })], tallies: [[1, 6, 0, 10]], rev: 10, total: 4 });
  assert.deepEqual([thread.get().rev, thread.get().total, thread.get().fresh], [10, 4, 1]);
});

test("parts of one push: the revision is the last that is complete", async () => {
  const window = await openPage({ comments: [record(1)], rev: 5 });
  push(window, 6, { from: 5, comments: [record(1, { rev: 6, comment: "a" })] });
  push(window, 6, { from: 6, tallies: [[1, 1, 0, 7]] });
  assert.equal(window.thread.get().rev, 6);
  push(window, 8, { from: 6, comments: [record(2, { rev: 8 })] });
  assert.deepEqual([window.thread.get().rev, like(window.thread, 1)], [8, 1]);
});

test("reset, another epoch, or resumed:false: a fresh start, in which equal comments stay the same objects", async () => {
  const window = await openPage({ comments: [record(1), record(2)], rev: 2 });
  const { thread, socket } = window;
  const before = thread.comment(1);
  socket.say({ push: "reset", page: "/a" });
  assert.equal(socket.last("subscribe").since, undefined);
  assert.deepEqual([...thread.get().top], [2, 1], "what is held stays until then");
  await begin(window, { comments: [record(3), record(1)], rev: 9 });
  assert.deepEqual([...thread.get().top], [3, 1]);
  assert.deepEqual([thread.comment(1) === before, thread.comment(2)], [true, undefined]);
  window.socket.drop();
  window.client.connection.tryNow();
  window.socket.open();
  assert.deepEqual([window.socket.last("subscribe").since, window.socket.last("subscribe").epoch], [9, "e"]);
  await begin(window, { comments: [record(1, { rev: 1, comment: "another life" })], rev: 1, epoch: "f" });
  assert.deepEqual([thread.get().epoch, thread.get().rev, thread.comment(1).comment], ["f", 1, "another life"]);
});

test("a fresh start asks for as many as were unrolled, as far as one list goes", async () => {
  const comments = Array.from({ length: 30 }, (_, at) => record(30 - at));
  const window = await openPage({ comments, limit: 10 });
  window.socket.say({ push: "reset", page: "/a" });
  assert.equal(window.socket.last("subscribe").limit, 30);
});

test("unknown pushes, members and states: ignored, ignored, hidden", async () => {
  const window = await openPage({ comments: [record(1), record(2)] });
  const { thread } = window;
  const view = thread.get();
  window.socket.say({ push: "fireworks", page: "/a", rev: 99 });
  assert.equal(thread.get(), view);
  push(window, 3, { comments: [record(1, { rev: 3, state: "pending", comment: "unseen", colour: "red" })] });
  assert.deepEqual([[...thread.get().top], thread.comment(1).comment], [[2], ""]);
  assert.deepEqual([thread.comment(1).may_reply, thread.comment(1).may_edit], [false, false]);
});

test("others' new comments wait in the pill, and come above at the reader's word", async () => {
  const window = await openPage({ comments: [record(2), record(1)], next: "c" });
  const { thread } = window;
  push(window, 3, { comments: [record(3)], total: 3 });
  push(window, 4, { comments: [record(4)], total: 4 });
  assert.deepEqual([[...thread.get().top], thread.get().fresh, thread.get().total], [[2, 1], 2, 4]);
  push(window, 5, { comments: [tombstone(3, { rev: 5 })], total: 3 });
  assert.equal(thread.get().fresh, 1, "one that has gone is not waited for");
  thread.showFresh();
  assert.deepEqual([[...thread.get().top], thread.get().fresh], [[4, 2, 1], 0]);
});

test("in an empty list all join at once", async () => {
  const window = await openPage();
  push(window, 2, { from: 0, comments: [record(1), record(2)] });
  assert.deepEqual([[...window.thread.get().top], window.thread.get().fresh], [[2, 1], 0]);
  push(window, 3, { comments: [record(3)] });
  assert.deepEqual([[...window.thread.get().top], window.thread.get().fresh], [[2, 1], 1]);
});

test("the reader's own join at once, above what waits", async () => {
  const window = await openPage({ comments: [record(1)], user: ALICE });
  const { thread } = window;
  push(window, 2, { comments: [record(2)] });
  const own = record(3, { ...ALICE, mine: null });
  assert.deepEqual(await asked(window, () => thread.post("hi"), "postComment", { comment: own, rev: 3 }), { ok: true, comment_id: 3 });
  assert.deepEqual([[...thread.get().top], thread.get().fresh], [[3, 1], 1]);
  push(window, 3, { comments: [own] });
  assert.deepEqual([...thread.get().top], [3, 1]);
  thread.showFresh();
  assert.deepEqual([...thread.get().top], [3, 2, 1], "each in its place");
});

test("by newest: what lies beyond the list is not put under it", async () => {
  const window = await openPage({ comments: [record(9), record(8)], next: "c" });
  push(window, 10, { comments: [record(3, { rev: 10, comment: "an old one, edited" })] });
  assert.deepEqual([[...window.thread.get().top], window.thread.get().fresh, window.thread.comment(3)], [[9, 8], 0, undefined]);
});

test("by top: an old one that is told is not taken for new", async () => {
  const window = await openPage({ comments: [record(9), record(8)], next: "c", sort: "top" });
  const { thread, clock } = window;
  push(window, 10, { comments: [record(10, { rev: 10, replies: 2, date: "2026-11-23T09:29:00.000Z" })] });
  assert.deepEqual([[...thread.get().top], thread.get().fresh], [[9, 8], 0]);
  await clock.pass(1_000);
  push(window, 11, { comments: [record(11, { date: new Date(clock.now_ms).toISOString() })] });
  assert.deepEqual([[...thread.get().top], thread.get().fresh], [[9, 8], 1]);
  push(window, 12, { tallies: [[8, 99, 0, 12]] });
  thread.showFresh();
  assert.deepEqual([...thread.get().top], [11, 9, 8], "never sorted anew under the reader");
});

test("by oldest: new ones join at the end of a whole list, and wait beyond one that goes on", async () => {
  const whole = await openPage({ comments: [record(1), record(2)], sort: "oldest" });
  push(whole, 3, { comments: [record(3)] });
  assert.deepEqual([[...whole.thread.get().top], whole.thread.get().fresh], [[1, 2, 3], 0]);
  const window = await openPage({ comments: [record(1), record(2)], sort: "oldest", next: "c", user: ALICE });
  const { thread } = window;
  push(window, 5, { from: 2, comments: [record(5)] });
  assert.deepEqual([[...thread.get().top], thread.get().fresh], [[1, 2], 0]);
  await asked(window, () => thread.post("mine"), "postComment", { comment: record(6, { ...ALICE, mine: null }), rev: 6 });
  assert.deepEqual([...thread.get().top], [1, 2, 6]);
  await asked(window, () => thread.loadMore(), "loadComments", { comments: [record(3), record(4), record(5)], next: "d", rev: 6 });
  assert.deepEqual([...thread.get().top], [1, 2, 3, 4, 5, 6]);
});

test("more of the list: asked once at a time, dropped by number, with where it goes on", async () => {
  const window = await openPage({ comments: [record(9), record(8)], next: "c", limit: 2 });
  const { thread, socket } = window;
  const loads = [thread.loadMore(), thread.loadMore()];
  await settle();
  assert.equal(thread.get().loading_more, true);
  assert.equal(socket.count("loadComments"), 1);
  const { sort, limit, cursor, replies } = socket.last("loadComments");
  assert.deepEqual({ sort, limit, cursor, replies }, { sort: "newest", limit: 2, cursor: "c", replies: 3 });
  socket.answer("loadComments", { comments: [record(8), record(7), record(70, { parent: 7 })], next: null, rev: 9 });
  for (const load of loads) assert.ok((await load).ok);
  assert.deepEqual([[...thread.get().top], thread.get().more, thread.get().loading_more], [[9, 8, 7], false, false]);
  assert.deepEqual([...thread.replies(7)], [70]);
  assert.ok((await thread.loadMore()).ok);
  assert.equal(socket.count("loadComments"), 1, "there is no more");
});

test("a list that is refused is told, and asked again when it is asked for", async () => {
  const window = await openPage({ comments: [record(9)], next: "c" });
  const more = window.thread.loadMore();
  await settle();
  window.socket.refuse("loadComments", "busy", { retry: true });
  assert.equal((await more).refusal.code, "busy");
  assert.equal(window.thread.get().loading_more, false);
  await asked(window, () => window.thread.loadMore(), "loadComments", { comments: [record(8)], next: null, rev: 9 });
  assert.deepEqual([...window.thread.get().top], [9, 8]);
});

test("another order: the list is read anew, the last one asked for counts, and what came meanwhile waits", async () => {
  const window = await openPage({ comments: [record(3), record(2), record(1)], rev: 3 });
  const { thread, socket } = window;
  const [old, top] = [thread.setSort("oldest"), thread.setSort("top")];
  await settle();
  const [first, second] = socket.sent.filter((query) => query.type_query === "loadComments");
  push(window, 4, { comments: [record(4)] });
  socket.say({ id: second.id, status: "success", comments: [record(2, { like: 9 }), record(1), record(3)], next: null, rev: 3 });
  socket.say({ id: first.id, status: "success", comments: [record(1), record(2), record(3)], next: null, rev: 3 });
  assert.ok((await old).ok && (await top).ok);
  assert.deepEqual([thread.get().sort, [...thread.get().top], thread.get().fresh], ["top", [2, 1, 3], 1]);
  socket.drop();
  window.client.connection.tryNow();
  socket.open();
  window.socket.open();
  assert.equal(window.socket.last("subscribe").sort, "top");
});

test("another order: what was on the screen before, and is not on the first one now, does not count as new", async () => {
  const window = await openPage({ sort: "oldest" });
  const { thread, clock } = window;
  await clock.pass(1_000);
  const date = new Date(clock.now_ms).toISOString();
  push(window, 3, { from: 0, comments: [1, 2, 3].map((id) => record(id, { date })) });
  await asked(window, () => thread.setSort("top"), "loadComments", { comments: [record(2, { date })], next: "c", rev: 3 });
  assert.deepEqual([[...thread.get().top], thread.get().fresh], [[2], 0]);
});

test("more of a list that another one has taken the place of is not put under that one", async () => {
  const window = await openPage({ comments: [record(9), record(8)], next: "c" });
  const { thread, socket } = window;
  const more = thread.loadMore();
  await settle();
  const { id } = socket.last("loadComments");
  socket.say({ push: "reset", page: "/a" });
  await begin(window, { comments: [record(20)], rev: 20, next: "d" });
  socket.say({ id, status: "success", comments: [record(7)], next: null, rev: 9 });
  await more;
  assert.deepEqual([[...thread.get().top], thread.get().more], [[20], true]);
});

test("a fresh start by the order of before is read once more", async () => {
  const window = await openPage({ comments: [record(3), record(1)], rev: 3 });
  const { thread, socket } = window;
  socket.say({ push: "reset", page: "/a" });
  await asked(window, () => thread.setSort("oldest"), "loadComments", { comments: [record(1), record(3)], next: null, rev: 3 });
  await begin(window, { comments: [record(3)], rev: 4, next: "3" });
  assert.equal(socket.last("subscribe").sort, "oldest");
  await begin(window, { comments: [record(1)], rev: 4, next: "1" });
  assert.deepEqual([[...thread.get().top], thread.get().sort], [[1], "oldest"]);
});

test("replies join below at once; those that are not held are counted, and a gap shows as missing", async () => {
  const comments = [record(1, { replies: 5, rev: 6 }), record(2, { parent: 1 }), record(3, { parent: 1 })];
  const window = await openPage({ comments, rev: 6, total: 6 });
  const { thread, socket } = window;
  assert.deepEqual([[...thread.replies(1)], thread.comment(1).replies_missing], [[2, 3], 3]);
  push(window, 7, { comments: [record(7, { parent: 1 }), record(1, { replies: 6, rev: 7 })] });
  assert.deepEqual([[...thread.replies(1)], thread.comment(1).replies_missing], [[2, 3, 7], 3]);
  const rest = [2, 3, 4, 5, 6, 7].map((id) => record(id, { parent: 1 }));
  await asked(window, () => thread.loadReplies(1), "loadComments", { comments: rest.slice(0, 4), next: "r", rev: 7 });
  const { parent, sort, limit } = socket.last("loadComments");
  assert.deepEqual({ parent, sort, limit }, { parent: 1, sort: "oldest", limit: 100 });
  assert.deepEqual([[...thread.replies(1)], thread.comment(1).replies_missing], [[2, 3, 4, 5, 7], 1]);
  await asked(window, () => thread.loadReplies(1), "loadComments", { comments: rest.slice(4), next: null, rev: 7 });
  assert.equal(socket.last("loadComments").cursor, "r");
  assert.deepEqual([[...thread.replies(1)], thread.comment(1).replies_missing], [[2, 3, 4, 5, 6, 7], 0]);
});

test("a reply to what is not held is not held", async () => {
  const window = await openPage({ comments: [record(9)], next: "c" });
  push(window, 10, { comments: [record(1, { rev: 10, replies: 1 }), record(10, { parent: 1 })] });
  assert.equal(window.thread.comment(10), undefined);
});

test("a deleted comment stays while it carries something that is seen", async () => {
  const comments = [record(1, { replies: 1 }), record(2, { parent: 1, replies: 1 }), record(3, { parent: 2 })];
  const window = await openPage({ comments, rev: 3 });
  const { thread } = window;
  push(window, 4, { comments: [tombstone(1, { rev: 4, replies: 1 })] });
  assert.deepEqual([[...thread.get().top], thread.comment(1).state, thread.comment(1).username], [[1], "deleted", null]);
  push(window, 5, { comments: [tombstone(2, { rev: 5, parent: 1, replies: 1 }), tombstone(1, { rev: 5, replies: 0 })] });
  assert.deepEqual([[...thread.get().top], [...thread.replies(1)], [...thread.replies(2)]], [[1], [2], [3]]);
  push(window, 6, { comments: [tombstone(3, { rev: 6, parent: 2 }), tombstone(2, { rev: 6, parent: 1 })] });
  assert.deepEqual([[...thread.get().top], [...thread.replies(1)], [...thread.replies(2)]], [[], [], []]);
});

test("a tombstone that a list has for what is further down says that something is missing", async () => {
  const window = await openPage({ comments: [tombstone(1, { rev: 4 })], rev: 4, total: 1 });
  const { thread } = window;
  assert.deepEqual([[...thread.get().top], thread.comment(1).replies_missing], [[1], 1]);
  await asked(window, () => thread.loadReplies(1), "loadComments", { comments: [], next: null, rev: 5 });
  assert.deepEqual([...thread.get().top], []);
});

test("depth, and what the reader may do", async () => {
  const comments = [record(1, { ...ALICE, date: "2026-11-23T09:20:00.000Z", replies: 1 }), record(2, { parent: 1, replies: 1 }), record(3, { parent: 2 })];
  const window = await openPage({ comments, user: ALICE });
  const { thread, client } = window;
  const may = (id) => {
    const { depth, own, may_edit, may_delete, may_reply } = thread.comment(id);
    return { depth, own, may_edit, may_delete, may_reply };
  };
  assert.deepEqual(may(1), { depth: 0, own: true, may_edit: true, may_delete: true, may_reply: true });
  assert.deepEqual(may(3), { depth: 2, own: false, may_edit: false, may_delete: false, may_reply: true });
  await window.clock.pass(299_000);
  assert.equal(thread.comment(1).may_edit, true);
  await window.clock.pass(16_000);
  assert.equal(thread.comment(1).may_edit, false, "the window of 15 minutes is over");
  window.socket.say({ push: "role", role: "moderator" });
  await settle();
  assert.equal(may(3).may_delete, true);
  client.session.see({ limits: { ...client.session.get().limits, reply_depth_max: 2 } });
  assert.deepEqual([may(2).may_reply, may(3).may_reply], [true, false]);
});

test("the edit window is the server's: its clock may be another one", async () => {
  const window = new Window();
  window.client.session.kept.set("token", "t-1");
  const thread = window.client.thread("/a");
  thread.open();
  await window.greet({ user: ALICE, now_ms: window.clock.now_ms + 3_600_000 });
  assert.equal(window.client.session.get().skew_ms, 3_600_000);
  push(window, 1, { comments: [record(1, { ...ALICE, date: "2026-11-23T10:20:00.000Z" }), record(2, { ...ALICE, date: "2026-11-23T10:10:00.000Z" })] });
  assert.deepEqual([thread.comment(1).may_edit, thread.comment(2).may_edit], [true, false]);
});

test("pause: what others do is held and looks as before; own acts show; resume shows all", async () => {
  const window = await openPage({ comments: [record(1, { replies: 1 }), record(2, { parent: 1 })], user: ALICE, total: 2 });
  const { thread } = window;
  thread.pause();
  const view = thread.get();
  assert.equal(view.paused, true);
  const [one, replies] = [thread.comment(1), thread.replies(1)];
  push(window, 3, { comments: [record(3), record(4, { parent: 1, rev: 3 }), record(1, { rev: 3, replies: 2, comment: "edited" })], tallies: [[2, 5, 0, 3]], total: 4, viewers: 9 });
  assert.deepEqual([thread.get() === view, thread.comment(1) === one, thread.replies(1) === replies, like(thread, 2)], [true, true, true, 0]);
  const posted = await asked(window, () => thread.post("mine"), "postComment", { comment: record(5, { ...ALICE, mine: null }), rev: 5 });
  assert.ok(posted.ok);
  assert.deepEqual([[...thread.get().top], thread.get().fresh, thread.get().total], [[5, 1], 0, 2]);
  void thread.react(1, "like");
  assert.deepEqual([like(thread, 1), thread.comment(1).mine], [1, "like"]);
  thread.resume();
  const { top, fresh, total, viewers, paused, rev } = thread.get();
  assert.deepEqual({ top: [...top], fresh, total, viewers, paused, rev }, { top: [5, 1], fresh: 1, total: 4, viewers: 9, paused: false, rev: 3 });
  assert.deepEqual([[...thread.replies(1)], like(thread, 2), thread.comment(1).comment], [[2, 4], 5, "edited"]);
});

test("pause in an empty list: what came is there after it", async () => {
  const window = await openPage();
  window.thread.pause();
  push(window, 1, { comments: [record(1)], total: 1 });
  assert.deepEqual([[...window.thread.get().top], window.thread.get().fresh], [[], 0]);
  window.thread.resume();
  assert.deepEqual([[...window.thread.get().top], window.thread.get().fresh], [[1], 0]);
});

test("find: what is listed is not asked for; else it comes with those above it, at the head", async () => {
  const window = await openPage({ comments: [record(9), record(8)], next: "c" });
  const { thread, socket } = window;
  assert.deepEqual(await thread.find(8), { ok: true, found: true });
  assert.equal(socket.count("findComment"), 0);
  const chain = [record(1, { replies: 1 }), record(2, { parent: 1, replies: 4 }), record(5, { parent: 2 })];
  assert.deepEqual(await asked(window, () => thread.find(5), "findComment", { page: "/a", comments: chain, rev: 9 }), { ok: true, found: true });
  assert.deepEqual([[...thread.get().top], [...thread.replies(1)], [...thread.replies(2)]], [[1, 9, 8], [2], [5]]);
  assert.deepEqual([thread.comment(5).depth, thread.comment(2).replies_missing], [2, 3]);
  push(window, 10, { comments: [record(10)] });
  thread.showFresh();
  await asked(window, () => thread.loadMore(), "loadComments", { comments: [record(7), record(1, { replies: 1 })], next: null, rev: 9 });
  assert.deepEqual([...thread.get().top], [10, 1, 9, 8, 7]);
});

test("find: a long way up comes in several answers", async () => {
  const window = await openPage({ comments: [record(9)], next: "c" });
  const { thread, socket } = window;
  const found = thread.find(4);
  await settle();
  socket.answer("findComment", { page: "/a", comments: [record(3, { parent: 2 }), record(4, { parent: 3 })], rev: 9 });
  await settle();
  assert.equal(socket.last("findComment").comment_id, 2);
  socket.answer("findComment", { page: "/a", comments: [record(1), record(2, { parent: 1 })], rev: 9 });
  assert.deepEqual(await found, { ok: true, found: true });
  assert.equal(thread.comment(4).depth, 3);
});

test("find: gone, of another page, or refused", async () => {
  const window = await openPage({ comments: [record(9)] });
  const { thread, socket } = window;
  const gone = thread.find(77);
  await settle();
  socket.refuse("findComment", "not_found");
  assert.deepEqual(await gone, { ok: true, found: false });
  assert.deepEqual(await asked(window, () => thread.find(5), "findComment", { page: "/b", comments: [record(5)], rev: 1 }), { ok: true, found: false });
  assert.equal(thread.comment(5), undefined);
  const busy = thread.find(6);
  await settle();
  socket.refuse("findComment", "busy", { retry: true });
  assert.equal((await busy).refusal.code, "busy");
});

test("find of one that waits in the pill shows it", async () => {
  const window = await openPage({ comments: [record(1)] });
  push(window, 2, { comments: [record(2)] });
  await asked(window, () => window.thread.find(2), "findComment", { page: "/a", comments: [record(2)], rev: 2 });
  assert.deepEqual([[...window.thread.get().top], window.thread.get().fresh], [[2, 1], 0]);
});
