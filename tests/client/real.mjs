// What two readers do on a real server; real.test.mjs starts both. It ends with 0 where all went as it should.

import assert from "node:assert/strict";

import { createClient, fetchSnapshot } from "../../static/otklik/index.js";

const [, , url] = process.argv;
const PASSWORD = "violet otter 47 lamp";

/** Waits for a condition; says what it saw instead where it gives up. */
async function until(look, holds) {
  let seen;
  for (let tries = 0; tries < 1_000; tries += 1) {
    seen = look();
    if (holds(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return assert.fail(`gave up at ${JSON.stringify(seen)}, waiting for ${holds}`);
}

const ask = (what) => new Promise((resolve) => {
  process.once("message", resolve);
  process.send(what);
});

const done = async (result) => {
  const answer = await result;
  assert.ok(answer.ok, JSON.stringify(answer));
  return answer;
};

async function reader(username) {
  const client = createClient({ url });
  const thread = client.thread("/page", { limit: 5, replies: 2 });
  thread.open();
  await done(client.session.signUp(username, PASSWORD));
  await until(() => thread.get().status, (status) => status === "ready");
  return { client, thread };
}

const live = ({ client }) => until(() => client.connection.get().state, (state) => state === "live");

const alice = await reader("alice");
const bob = await reader("bob");

// A comment, a reply, an edit, a like: each is seen on the other side.
const { comment_id } = await done(alice.thread.post("first"));
await until(() => [...bob.thread.get().top], (top) => top.includes(comment_id));
const reply = await done(bob.thread.post("a reply", comment_id));
await until(() => [...alice.thread.replies(comment_id)], (replies) => replies.includes(reply.comment_id));
await done(alice.thread.edit(comment_id, "edited"));
await until(() => bob.thread.comment(comment_id).comment, (text) => text === "edited");
await done(bob.thread.react(comment_id, "like"));
await until(() => alice.thread.comment(comment_id).like, (like) => like === 1);
const toggles = Array.from({ length: 20 }, (_, at) => bob.thread.react(comment_id, at % 2 ? "dislike" : "none"));
await Promise.all(toggles.map(done));
await until(() => [alice.thread.comment(comment_id).like, alice.thread.comment(comment_id).dislike], ([like, dislike]) => like === 0 && dislike === 1);
assert.deepEqual([bob.thread.comment(comment_id).mine, bob.thread.comment(comment_id).dislike], ["dislike", 1]);
assert.equal((await bob.thread.edit(comment_id, "mine now")).refusal.code, "forbidden");
assert.equal(bob.thread.comment(comment_id).refusal.code, "forbidden");

// The server is killed; what both write meanwhile comes once, when it is back.
await ask("kill");
await until(() => alice.client.connection.get().state, (state) => state !== "live");
const posts = [];
for (let at = 0; at < 12; at += 1) posts.push((at % 2 ? alice : bob).thread.post(`offline ${at}`));
const wish = alice.thread.react(reply.comment_id, "like");
assert.equal(alice.thread.comment(reply.comment_id).like, 1);
await ask("start");
for (const one of [alice, bob]) one.client.connection.tryNow();
await Promise.all(posts.map(done));
await done(wish);
await Promise.all([live(alice), live(bob)]);
assert.equal(alice.client.session.get().user.username, "alice");
await until(() => [alice.thread.get().total, bob.thread.get().total], ([a, b]) => a === 14 && b === 14);
assert.deepEqual([alice.thread.get().unsent, bob.thread.get().unsent], [[], []]);

// Both hold the same in the end, and it is what a newcomer reads.
for (const { thread } of [alice, bob]) {
  thread.showFresh();
  await done(thread.setSort("oldest"));
  while (thread.get().more) await done(thread.loadMore());
}
const snapshot = await fetchSnapshot(url, "/page", { sort: "oldest", limit: 100, replies: 10 });
const texts = snapshot.comments.map(({ comment }) => comment);
assert.equal(new Set(texts).size, 14, "each text once");
for (const { thread } of [alice, bob]) {
  const shown = thread.get().top.flatMap((id) => [id, ...thread.replies(id)]);
  assert.deepEqual(shown, snapshot.comments.map((record) => record.comment_id));
  for (const { rev, ...record } of snapshot.comments) {
    const view = thread.comment(record.comment_id);
    assert.deepEqual(Object.fromEntries(Object.keys(record).map((name) => [name, view[name]])), record);
    assert.ok(view.rev <= rev);
  }
  assert.deepEqual([thread.get().rev, thread.get().epoch], [snapshot.rev, snapshot.epoch]);
}

// A newcomer with the snapshot goes on from it, and finds a comment by its number.
const guest = createClient({ url });
const small = await fetchSnapshot(url, "/page", { limit: 2, replies: 0 });
const thread = guest.thread("/page", { limit: 2, replies: 0, snapshot: small });
thread.open();
await live({ client: guest });
assert.deepEqual(await thread.find(reply.comment_id), { ok: true, found: true });
assert.deepEqual([thread.get().top[0], ...thread.replies(comment_id)], [comment_id, reply.comment_id]);
assert.deepEqual(await thread.find(4_000), { ok: true, found: false });

// Deleted, it is gone everywhere; signed out, one goes on as a guest.
await done(alice.thread.remove(comment_id));
await until(() => bob.thread.comment(comment_id).state, (state) => state === "deleted");
await done(bob.thread.remove(reply.comment_id));
await until(() => [...thread.get().top], (top) => !top.includes(comment_id));
await done(bob.client.session.signOut());
assert.equal(bob.client.session.get().user, null);
assert.equal((await bob.thread.react(comment_id + 2, "like")).refusal.code, "sign_in_first");

for (const client of [alice.client, bob.client, guest]) client.close();
process.exit(0);
