// How often, and in which state: one change renders what shows it, and nothing is ever shown half.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { createElement as h, Profiler, startTransition, StrictMode, useLayoutEffect, useState } from "react";
import { Comment, Comments, ThreadProvider, useComment, useReaction, useThread } from "../src/index.js";
import { signUp, site } from "./site.js";

/** @type {Awaited<ReturnType<typeof site>>} */
let here;
afterEach(() => here.close());

/** Of the slow list. */
const ITEMS = 40;

/** @type {Map<string, number>} */
const renders = new Map();
const count = (/** @type {string} */ id) => renders.set(id, (renders.get(id) ?? 0) + 1);

test("a count that changes renders its comment's buttons, and no sibling", async () => {
  here = await site();
  const cards = [1, 2, 3].map((id) =>
    h(Profiler, { key: id, id: `card ${id}`, onRender: count }, h(Comment, { comment_id: id })));
  await here.show(h(ThreadProvider, { page: "a", children: cards }));
  await here.screen.until(() => document.querySelectorAll("article").length === 3 && here.client.connection.get().state === "live");
  await here.screen.act();
  renders.clear();
  await here.screen.act(() => here.server.tally(2, "like", 41));
  assert.deepEqual([...renders], [["card 2", 1]]);
  assert.ok(here.screen.button("Like, 41 likes"));
});

test("a hook renders for its own comment, and for what it takes of it", async () => {
  here = await site();
  const Text = (/** @type {{ id: number }} */ { id }) => (count(`comment ${id}`), useComment(id).comment?.comment ?? null);
  const Likes = (/** @type {{ id: number }} */ { id }) => (count(`likes ${id}`), useReaction(id).like);
  const all = [1, 2].flatMap((id) => [h(Text, { key: `t${id}`, id }), h(Likes, { key: `l${id}`, id })]);
  await here.show(h(ThreadProvider, { page: "a", children: all }));
  await here.screen.until(() => here.client.connection.get().state === "live" && here.client.thread("a").comment(1));
  await here.screen.act();
  await signUp(here);
  await here.screen.act();
  renders.clear();
  await here.screen.act(() => here.server.tally(1, "like"));
  assert.deepEqual([...renders].sort(), [["comment 1", 1], ["likes 1", 1]]);
  renders.clear();
  await here.screen.act(() => {
    here.server.comments[1] = { ...here.server.comments[1], comment: "second, edited" };
    here.server.commit([2]);
  });
  assert.deepEqual([...renders], [["comment 2", 1]]);
});

test("a whole thread renders once for two hundred likes that come at once", async () => {
  here = await site();
  await here.show(h(Profiler, { id: "all", onRender: count }, h(Comments, { page: "a" })));
  await here.screen.until(() => here.client.connection.get().state === "live" && document.querySelectorAll("article").length === 3);
  await here.screen.act();
  renders.clear();
  await here.screen.act(() => {
    for (let n = 0; n < 200; n += 1) here.server.tally(1, "like");
  });
  assert.ok(here.screen.button("Like, 200 likes"));
  assert.ok((renders.get("all") ?? 0) <= 2, `${renders.get("all")} commits`);
});

test("nothing tears while a slow list is rendered in the background", async () => {
  here = await site();
  /** @type {(number | undefined)[][]} */
  const commits = [];
  /** @type {(number | undefined)[]} */
  const shown = [];
  const Slow = (/** @type {{ at: number }} */ { at }) => {
    const like = useReaction(1).like;
    const until_ms = performance.now() + 4;
    while (performance.now() < until_ms);
    useLayoutEffect(() => {
      shown[at] = like;
    });
    return h("i", null, like);
  };
  /** @type {() => void} */
  let start = () => {};
  const List = () => {
    const [on, setOn] = useState(false);
    start = () => startTransition(() => setOn(true));
    useThread("a");
    useLayoutEffect(() => {
      if (on) commits.push([...shown]);
    });
    return on ? Array.from({ length: ITEMS }, (_, at) => h(Slow, { key: at, at })) : null;
  };
  await here.show(h(ThreadProvider, { page: "a", children: h(List) }));
  await here.screen.until(() => here.client.connection.get().state === "live" && here.client.thread("a").comment(1));
  // From here as a browser does it: React yields between the slow ones, and the store changes meanwhile.
  /** @type {any} */ (globalThis).IS_REACT_ACT_ENVIRONMENT = false;
  start();
  for (let n = 0; n < 30; n += 1) {
    here.server.tally(1, "like");
    await new Promise((done) => setTimeout(done, 5));
  }
  const seen = () => [...document.querySelectorAll("i")].map((node) => node.textContent).join();
  for (let tries = 0; tries < 1000 && seen() !== Array(ITEMS).fill("30").join(); tries += 1) {
    await new Promise((done) => setTimeout(done, 10));
  }
  /** @type {any} */ (globalThis).IS_REACT_ACT_ENVIRONMENT = true;
  assert.equal(seen(), Array(ITEMS).fill("30").join());
  assert.ok(commits.length > 0);
  assert.deepEqual(commits.filter((commit) => new Set(commit).size > 1), []);
});

test("in StrictMode the whole thread works as without", async () => {
  here = await site();
  await here.show(h(StrictMode, null, h(Comments, { page: "a" })));
  await here.screen.until(() => document.querySelectorAll("article").length === 3);
  await here.screen.until(() => here.client.connection.get().state === "live");
  await here.screen.act(() => here.server.write("a reply", 1));
  assert.match(here.screen.body.textContent ?? "", /a reply/);
  assert.equal(here.server.sockets.size, 1);
});
