// Who one is: the token, its storage, other windows, and what the server says unasked.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openPage } from "./page.mjs";
import { ALICE, BOB, FakeStorage, LIMITS, Window, settle } from "./world.mjs";

const TOKEN = "otklik http://comments.test token";
const view = (window) => window.client.session.get();

/** Runs an act, and answers its query. */
async function answered(window, act, type_query, members = {}) {
  const result = act();
  await settle();
  window.socket.answer(type_query, members);
  return result;
}

test("a guest: known once the server has answered, with its limits and its clock", async () => {
  const window = new Window();
  assert.deepEqual(view(window), { user: null, known: false, limits: null, sign_up: null, skew_ms: 0, signed_out: null });
  window.client.thread("/a").open();
  await window.greet({ now_ms: window.clock.now_ms - 1_500 });
  assert.deepEqual(view(window), { user: null, known: true, limits: LIMITS, sign_up: "open", skew_ms: -1_500, signed_out: null });
});

test("signing in and up: the token is kept under the service's address", async () => {
  const storage = new FakeStorage();
  const window = await openPage({ storage });
  const result = await answered(window, () => window.client.session.signIn("alice", "secret"), "signIn", { ...ALICE, token: "t-1", token_expires: "" });
  assert.equal(result.ok, true);
  assert.deepEqual([view(window).user, storage.getItem(TOKEN)], [ALICE, "t-1"]);
  const { username, password } = window.socket.last("signIn");
  assert.deepEqual([username, password], ["alice", "secret"]);
  await answered(window, () => window.client.session.signUp("bob", "secret", "https://x.test/b.png"), "signUp", { ...BOB, token: "t-2" });
  assert.deepEqual([view(window).user, storage.getItem(TOKEN), window.socket.last("signUp").img], [BOB, "t-2", "https://x.test/b.png"]);
  assert.ok(!storage.names().some((name) => name.includes("secret")) && storage.length === 2, "the token, and whose it is");
});

test("a refused sign-in leaves everything as it was", async () => {
  const window = await openPage({ user: ALICE, storage: new FakeStorage() });
  const result = window.client.session.signIn("alice", "wrong");
  await settle();
  window.socket.refuse("signIn", "bad_credentials", { member: "password" });
  const { refusal } = await result;
  assert.deepEqual([refusal.code, refusal.member, view(window).user], ["bad_credentials", "password", ALICE]);
});

test("the token is shown to the service that gave it, to no other", () => {
  const storage = new FakeStorage();
  storage.setItem(TOKEN, "t-1");
  const window = new Window({ storage, url: "http://else.test" });
  window.client.thread("/a").open();
  window.socket.open();
  assert.deepEqual(window.socket.sent.map((query) => query.type_query), ["hello", "subscribe"]);
  assert.ok(!JSON.stringify(window.socket.sent).includes("t-1"));
});

test("it comes first on each line, and a fresh one takes its place", async () => {
  const storage = new FakeStorage();
  storage.setItem(TOKEN, "t-1");
  const window = new Window({ storage });
  window.client.thread("/a").open();
  window.socket.open();
  assert.deepEqual(window.socket.sent.map((query) => query.type_query), ["hello", "signInWithToken", "subscribe", "loadReactions"].slice(0, window.socket.sent.length));
  window.socket.answer("signInWithToken", { ...ALICE, token: "t-fresh" });
  await settle();
  assert.deepEqual([view(window).user, view(window).known, storage.getItem(TOKEN)], [ALICE, true, "t-fresh"]);
});

test("the view stays the same object over a new line that says the same", async () => {
  const window = await openPage({ user: ALICE });
  const before = view(window);
  window.socket.drop();
  await window.clock.pass(250);
  await window.greet({ user: ALICE });
  assert.equal(view(window), before);
});

test("a bad token is forgotten, and the reader is told", async () => {
  const storage = new FakeStorage();
  storage.setItem(TOKEN, "t-old");
  const window = new Window({ storage });
  window.client.thread("/a").open();
  await window.greet();
  assert.deepEqual([view(window).user, view(window).known, view(window).signed_out, storage.length], [null, true, "expired", 0]);
  await answered(window, () => window.client.session.signIn("alice", "secret"), "signIn", { ...ALICE, token: "t-1" });
  assert.equal(view(window).signed_out, null);
});

test("a token that cannot be looked at now is kept, and tried again", async () => {
  const storage = new FakeStorage();
  storage.setItem(TOKEN, "t-1");
  const window = new Window({ storage });
  window.client.thread("/a").open();
  const { socket } = window;
  socket.open();
  socket.refuse("signInWithToken", "busy", { retry: true, retry_after_ms: 400 });
  await settle();
  assert.deepEqual([view(window).known, storage.getItem(TOKEN)], [false, "t-1"]);
  socket.answer("hello", { limits: LIMITS, now: "2026-11-23T09:30:00.000Z", sign_up: "open" });
  socket.answer("subscribe", { epoch: "e", rev: 0, resumed: false, total: 0, viewers: 1, comments: [], tallies: [], next: null });
  await window.clock.pass(400);
  assert.equal(socket.count("signInWithToken"), 2);
  socket.answer("signInWithToken", { ...ALICE, token: "t-1" });
  await settle();
  assert.deepEqual(view(window).user, ALICE);
});

test("signing out: forgotten at once, whatever the server says", async () => {
  const storage = new FakeStorage();
  const window = await openPage({ user: ALICE, storage });
  const out = window.client.session.signOut({ everywhere: true });
  await settle();
  assert.deepEqual([storage.length, window.socket.last("signOut").everywhere], [0, true]);
  window.socket.answer("signOut");
  assert.ok((await out).ok);
  assert.deepEqual([view(window).user, view(window).signed_out], [null, null]);

  const other = await openPage({ user: ALICE, storage });
  const refused = other.client.session.signOut();
  await settle();
  other.socket.refuse("signOut", "busy", { retry: true });
  assert.equal((await refused).ok, false);
  assert.deepEqual([view(other).user, storage.length, other.state, other.sockets.length], [null, 0, "connecting", 2], "a line that is still alice's is left");

  const offline = await openPage({ user: ALICE, storage });
  offline.socket.drop();
  assert.equal((await offline.client.session.signOut()).refusal.code, "offline");
  assert.deepEqual([view(offline).user, storage.length], [null, 0]);
});

test("the server ends a sign-in: the reason is told until the next one", async () => {
  for (const reason of ["everywhere", "password_changed", "expired", "suspended", "deleted"]) {
    const window = await openPage({ user: ALICE, storage: new FakeStorage() });
    window.socket.say({ push: "signedOut", reason });
    await settle();
    assert.deepEqual([view(window).user, view(window).signed_out, window.state], [null, reason, "live"]);
    window.socket.drop();
    await window.clock.pass(250);
    await window.greet();
    assert.equal(view(window).signed_out, reason);
  }
});

test("a role is told unasked", async () => {
  const window = await openPage({ user: ALICE });
  window.socket.say({ push: "role", role: "moderator" });
  await settle();
  assert.deepEqual(view(window).user, { ...ALICE, role: "moderator" });
});

test("a new password brings a fresh token; a new picture is the user's", async () => {
  const storage = new FakeStorage();
  const window = await openPage({ user: ALICE, storage });
  const { session } = window.client;
  await answered(window, () => session.changePassword("old one", "new one"), "changePassword", { token: "t-9", token_expires: "" });
  assert.deepEqual([view(window).user, storage.getItem(TOKEN)], [ALICE, "t-9"]);
  const result = await answered(window, () => session.changeImg("https://x.test/a.png"), "changeImg", { img: "https://x.test/a.png" });
  assert.deepEqual(result, { ok: true, img: "https://x.test/a.png" });
  assert.equal(view(window).user.img, "https://x.test/a.png");
});

test("another window signs in: this one follows", async () => {
  const storage = new FakeStorage();
  const [one, two] = [await openPage({ storage }), await openPage({ storage })];
  await answered(one, () => one.client.session.signIn("alice", "secret"), "signIn", { ...ALICE, token: "t-1" });
  await settle();
  assert.equal(two.socket.last("signInWithToken").token, "t-1");
  two.socket.answer("signInWithToken", { ...ALICE, token: "t-1" });
  await settle();
  assert.deepEqual(view(two).user, ALICE);
});

test("another window signs out: this one follows, quietly, whichever it hears first", async () => {
  for (const push_first of [true, false]) {
    const storage = new FakeStorage();
    const one = await openPage({ user: ALICE, storage });
    const two = await openPage({ user: ALICE, storage });
    if (push_first) {
      // The storage is written already, the event is still on its way.
      storage.removeItem(TOKEN);
      two.socket.say({ push: "signedOut", reason: "expired" });
      await settle();
    }
    const out = one.client.session.signOut();
    await settle();
    two.say("storage", TOKEN);
    await settle();
    if (two.socket.last("signOut")) two.socket.answer("signOut");
    one.socket.answer("signOut");
    await out;
    two.socket.say({ push: "signedOut", reason: "expired" });
    await settle();
    assert.deepEqual([view(two).user, view(two).signed_out], [null, null]);
  }
});

test("another window changes the password: this one takes the fresh token", async () => {
  const storage = new FakeStorage();
  const one = await openPage({ user: ALICE, storage });
  const two = await openPage({ user: ALICE, storage });
  const changed = one.client.session.changePassword("old one", "new one");
  await settle();
  two.socket.say({ push: "signedOut", reason: "password_changed" });
  await settle();
  one.socket.answer("changePassword", { token: "t-9" });
  await changed;
  await settle();
  assert.equal(two.socket.last("signInWithToken").token, "t-9");
  two.socket.answer("signInWithToken", { ...ALICE, token: "t-9" });
  await settle();
  assert.deepEqual([view(two).user, view(two).signed_out, view(one).user, storage.getItem(TOKEN)], [ALICE, null, ALICE, "t-9"]);
});

test("a token given elsewhere is taken over, or refused", async () => {
  const storage = new FakeStorage();
  const window = await openPage({ storage });
  assert.ok((await answered(window, () => window.client.session.adopt("t-1"), "signInWithToken", { ...ALICE, token: "t-1" })).ok);
  assert.deepEqual([view(window).user, storage.getItem(TOKEN)], [ALICE, "t-1"]);
  const bad = window.client.session.adopt("t-bad");
  await settle();
  window.socket.refuse("signInWithToken", "bad_token");
  assert.equal((await bad).refusal.code, "bad_token");
  assert.deepEqual([view(window).user, storage.getItem(TOKEN)], [ALICE, "t-1"]);
});

test("other names in the storage are none of its business", async () => {
  const storage = new FakeStorage();
  const window = await openPage({ user: ALICE, storage });
  const { length } = window.socket.sent;
  window.say("storage", "theme");
  window.say("storage", "otklik http://else.test token");
  window.say("storage", null);
  await settle();
  assert.equal(window.socket.sent.length, length);
});

test("storage that throws at every touch: signed in for as long as the page lives", async () => {
  const broken = new Proxy({}, { get() { throw new Error("SecurityError"); } });
  const window = await openPage({ storage: { window: () => broken } });
  await answered(window, () => window.client.session.signIn("alice", "secret"), "signIn", { ...ALICE, token: "t-1" });
  window.socket.drop();
  await window.clock.pass(250);
  await window.greet({ user: ALICE });
  assert.deepEqual([view(window).user, window.socket.last("signInWithToken").token], [ALICE, "t-1"]);
});
