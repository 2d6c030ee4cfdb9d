// One page in one window, with the server's side of it in the test's hands.

import assert from "node:assert/strict";

import { Window, settle } from "./world.mjs";

/** A live page that holds a first screen. `user` is signed in. */
export async function openPage({ comments = [], total = comments.length, rev = Math.max(0, ...comments.map((one) => one.rev)), next = null, user, storage, ...options } = {}) {
  const window = new Window({ storage });
  if (user) window.client.session.kept.set("token", "t-1");
  const thread = window.client.thread("/a", options);
  window.close = thread.open();
  await window.greet({ user });
  const { id } = window.socket.last("subscribe");
  assert.equal(window.state, "live");
  // What it began with was empty: here is what the test wants it to be.
  window.socket.say({ push: "reset", page: "/a" });
  await begin(window, { comments, total, rev, next });
  assert.notEqual(window.socket.last("subscribe").id, id);
  return Object.assign(window, { thread });
}

/** Answers the last subscribe with a fresh start. */
export async function begin(window, { comments, total = comments.length, rev, next = null, epoch = "e" }) {
  window.socket.answer("subscribe", { page: "/a", epoch, rev, resumed: false, total, viewers: 1, comments, tallies: [], next });
  await settle();
}

/** Answers the last subscribe with what came since. */
export async function resume(window, { comments = [], tallies = [], rev, total = 0 }) {
  window.socket.answer("subscribe", { page: "/a", epoch: "e", rev, resumed: true, total, viewers: 1, comments, tallies, next: null });
  await settle();
}

/** A push about the page. */
export function push(window, rev, { comments = [], tallies = [], from = rev - 1, total = 0, viewers = 1 }) {
  window.socket.say({ push: "update", page: "/a", from, rev, comments, tallies, total, viewers });
}

/** Asks, lets it be sent, answers it, and gives what it came to. */
export async function asked(window, run, type_query, members) {
  const result = run();
  await settle();
  window.socket.answer(type_query, members);
  return result;
}
