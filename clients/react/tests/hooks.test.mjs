import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { createElement as h, StrictMode } from "react";
import { ThreadProvider, useComment, useComposer, useConnection, useReaction, useSession, useSignIn, useSignInWindow, useThread } from "../src/index.js";
import { signUp, site } from "./site.js";

/** @type {Awaited<ReturnType<typeof site>>} */
let here;
afterEach(() => here.close());

/** A component that leaves what a hook gives where the test can see it.
 * @template T
 * @param {() => T} hook */
function spy(hook) {
  /** @type {{ now: T, times: number }} */
  const seen = { now: /** @type {any} */ (undefined), times: 0 };
  const Spy = () => {
    seen.now = hook();
    seen.times += 1;
    return null;
  };
  return { seen, Spy };
}

test("useThread follows a page, and lets go of it with the last component", async () => {
  here = await site();
  const { seen, Spy } = spy(() => useThread("a"));
  await here.show(h(Spy));
  await here.screen.until(() => seen.now.status === "ready" && seen.now.viewers === 1);
  assert.deepEqual(seen.now.top, [3, 2, 1]);
  assert.equal(seen.now.total, 3);
  await here.screen.act(() => here.server.write("fourth"));
  assert.equal(seen.now.fresh, 1);
  await here.screen.act(() => seen.now.showFresh());
  assert.deepEqual(seen.now.top, [4, 3, 2, 1]);
  await here.show(null);
  await here.screen.until(() => ![...here.server.sockets].some((socket) => socket.follows));
});

test("an effect that runs twice leaves one subscription", async () => {
  here = await site();
  const { seen, Spy } = spy(() => useThread("a"));
  await here.show(h(StrictMode, null, h(Spy)));
  await here.screen.until(() => seen.now.viewers === 1);
  assert.equal(here.server.sockets.size, 1);
  assert.ok([...here.server.sockets].every((socket) => socket.follows));
  await here.screen.act(() => here.server.write("fourth"));
  assert.equal(seen.now.fresh, 1);
  await here.show(h(StrictMode, null));
  await here.screen.until(() => ![...here.server.sockets].some((socket) => socket.follows));
});

test("what a hook gives stays the same until something in it changes", async () => {
  here = await site();
  const { seen, Spy } = spy(() => ({ comment: useComment(1), reaction: useReaction(1), session: useSession() }));
  await here.show(h(ThreadProvider, { page: "a", children: h(Spy) }));
  await here.screen.until(() => seen.now.comment.comment && here.client.connection.get().state === "live");
  const before = seen.now;
  await here.show(h(ThreadProvider, { page: "a", children: h(Spy) }));
  assert.equal(seen.now.comment, before.comment);
  assert.equal(seen.now.reaction, before.reaction);
  assert.equal(seen.now.session, before.session);
  await here.screen.act(() => here.server.tally(1, "like"));
  assert.equal(seen.now.reaction.like, 1);
  assert.equal(seen.now.session, before.session);
});

test("useSession knows who one is, though no page is followed and the first lines do not open", async () => {
  here = await site();
  const { seen, Spy } = spy(useSession);
  here.server.refuses = 3;
  await here.show(h(Spy));
  await here.screen.until(() => seen.now.known);
  assert.equal(here.server.refuses, 0);
  assert.equal(here.client.connection.get().state, "live");
  await here.show(null);
  await here.screen.until(() => here.client.connection.get().state === "idle");
});

test("useReaction shows a wish at once, and takes it back when it is refused", async () => {
  here = await site();
  const { seen, Spy } = spy(() => useReaction(1));
  await here.show(h(ThreadProvider, { page: "a", children: h(Spy) }));
  await here.screen.until(() => here.client.connection.get().state === "live");
  await signUp(here);
  here.server.held = [];
  await here.screen.act(() => void seen.now.press("like"));
  assert.deepEqual([seen.now.like, seen.now.mine, seen.now.reacting], [1, "like", true]);
  await here.screen.act(() => here.server.release());
  await here.screen.until(() => !seen.now.reacting);
  assert.deepEqual([seen.now.like, seen.now.mine], [1, "like"]);

  here.server.refusals.set("react", { code: "forbidden" });
  await here.screen.act(() => void seen.now.press("dislike"));
  await here.screen.until(() => seen.now.refusal);
  assert.deepEqual([seen.now.like, seen.now.dislike, seen.now.mine], [1, 0, "like"]);
  assert.equal(seen.now.refusal?.code, "forbidden");

  here.server.refusals.clear();
  await here.screen.act(() => seen.now.press("like"));
  assert.deepEqual([seen.now.like, seen.now.mine, seen.now.refusal], [0, null, null]);
});

test("useComposer keeps a draft, hands it to the outbox, and keeps what a guest wrote", async () => {
  here = await site();
  const { seen, Spy } = spy(() => ({ composer: useComposer("new"), thread: useThread() }));
  const node = h(ThreadProvider, { page: "a", children: h(Spy) });
  await here.show(node);
  await here.screen.until(() => here.client.session.get().known);
  await here.screen.act(() => seen.now.composer.setText("  it is é  "));
  assert.equal(seen.now.composer.bytes, 8);
  assert.equal(seen.now.composer.bytes_max, 100);

  await here.screen.act(() => seen.now.composer.submit());
  assert.equal(seen.now.composer.refusal?.code, "sign_in_first");
  await here.show(null);
  await here.show(node);
  assert.equal(seen.now.composer.text, "  it is é  ");

  await signUp(here);
  here.server.held = [];
  await here.screen.act(() => void seen.now.composer.submit());
  assert.equal(seen.now.composer.text, "");
  assert.equal(seen.now.thread.unsent.length, 1);
  await here.screen.act(() => here.server.release());
  await here.screen.until(() => seen.now.thread.unsent.length === 0);
  assert.equal(here.server.comments.at(-1)?.comment, "it is é");
  assert.equal(seen.now.thread.top[0], 4);
});

test("useComposer edits what is there, and tells why it could not", async () => {
  here = await site();
  let taken = 0;
  const onTaken = () => (taken += 1);
  await signUp(here);
  here.server.write("mine", null, "alice");
  const { seen, Spy } = spy(() => ({ composer: useComposer("edit-4", { onTaken }), comment: useComment(4) }));
  await here.show(h(ThreadProvider, { page: "a", children: h(Spy) }));
  await here.screen.until(() => seen.now.comment.comment?.own);
  assert.equal(seen.now.composer.text, "mine");
  await here.screen.act(() => seen.now.composer.setText("mine, better"));
  here.server.refusals.set("editComment", { code: "edit_window_closed" });
  await here.screen.act(() => seen.now.composer.submit());
  assert.equal(seen.now.composer.refusal?.code, "edit_window_closed");
  assert.equal(seen.now.composer.text, "mine, better");
  assert.equal(taken, 0);
  here.server.refusals.clear();
  await here.screen.act(() => seen.now.composer.submit());
  assert.equal(taken, 1);
  assert.equal(seen.now.comment.comment?.comment, "mine, better");
});

test("useSession, useConnection and useSignIn", async () => {
  here = await site();
  const { seen, Spy } = spy(() => ({ session: useSession(), connection: useConnection(), asking: useSignIn(), thread: useThread("a") }));
  await here.show(h(Spy));
  await here.screen.until(() => seen.now.connection.state === "live" && seen.now.session.known);
  assert.equal(seen.now.session.user, null);
  await here.screen.act(() => seen.now.session.signIn("alice", "not the right one"));
  assert.equal(seen.now.session.user, null);
  await here.screen.act(() => seen.now.session.signUp("alice", "violet otter 47 lamp"));
  const { user } = seen.now.session;
  assert.equal(user && user["username"], "alice");
  await here.screen.act(() => seen.now.session.signOut());
  assert.equal(seen.now.session.user, null);
  await here.screen.act(() => seen.now.asking.ask("signUp"));
  assert.equal(seen.now.asking.asked, "signUp");
  await here.screen.act(() => seen.now.asking.end());
  assert.equal(seen.now.asking.asked, null);
});

test("useSession alone finds out who this is", async () => {
  here = await site();
  const { seen, Spy } = spy(() => useSession());
  await here.show(h(Spy));
  await here.screen.until(() => seen.now.known);
  assert.equal(here.server.asked.some((query) => query.type_query === "subscribe"), false);
});

test("useSignInWindow takes the token of the window that it opened, and of no other", async () => {
  here = await site();
  const { seen, Spy } = spy(() => ({ door: useSignInWindow("ru"), session: useSession() }));
  await here.show(h(Spy));
  await here.screen.until(() => seen.now.session.known);
  const { origin } = here.client;
  /** @type {unknown[]} */
  const said = [];
  const child = { closed: 0, postMessage: (/** @type {unknown[]} */ ...words) => void said.push(words), close: () => void (child.closed += 1) };
  /** @type {string[]} */
  const opened = [];
  Object.assign(window, { open: (/** @type {string} */ url) => (opened.push(url), opened.length === 1 ? null : child) });
  assert.equal(seen.now.door.open(), false, "held back");
  assert.equal(seen.now.door.open(), true);
  assert.equal(opened[1], `${origin}/sign-in?lang=ru`);
  const hear = (/** @type {object} */ data, from = { origin, source: child }) => here.screen.act(() => {
    window.dispatchEvent(Object.assign(new Event("message"), { data, ...from }));
  });
  await hear({ otklik: "ready" });
  assert.deepEqual(said, [[{ otklik: "hello" }, origin]]);
  here.server.users.set("dora", { user_id: 9, username: "dora", img: "/img/dora.svg", role: "user", password: "" });
  await hear({ otklik: "token", token: "otk_dora" }, { origin: "https://elsewhere.example", source: child });
  await hear({ otklik: "token", token: "otk_dora" }, { origin, source: /** @type {any} */ (window) });
  assert.equal(seen.now.session.user, null);
  await hear({ otklik: "token", token: "otk_nobody" });
  await here.screen.until(() => seen.now.door.refusal);
  assert.equal(child.closed, 0, "it may be tried again");
  await hear({ otklik: "token", token: "otk_dora" });
  await here.screen.until(() => seen.now.session.user?.username === "dora");
  assert.equal(child.closed, 1);
});
