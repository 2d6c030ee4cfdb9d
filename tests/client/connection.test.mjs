// Every row of the connection machine, as the table at the head of connection.js has it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Window, settle } from "./world.mjs";

/** A window whose client is live with one page open. */
async function live() {
  const window = new Window();
  window.close = window.client.thread("/a").open();
  await window.greet();
  assert.equal(window.state, "live");
  return window;
}

const view = (window) => window.client.connection.get();

test("idle: somebody needs it -> connecting, to the service's /ws", () => {
  for (const [url, address] of [
    ["http://comments.test", "ws://comments.test/ws"], ["https://comments.test/", "wss://comments.test/ws"],
    ["ws://comments.test:99/ws", "ws://comments.test:99/ws"], ["wss://comments.test", "wss://comments.test/ws"],
  ]) {
    const window = new Window({ url });
    assert.equal(window.state, "idle");
    assert.equal(window.sockets.length, 0);
    window.client.thread("/a").open();
    assert.equal(window.state, "connecting");
    assert.equal(window.socket.url, address);
  }
});

test("connecting: it opened, and what it began with is answered -> live", async () => {
  const window = new Window();
  window.client.thread("/a").open();
  window.socket.open();
  assert.deepEqual(window.socket.sent.map((query) => query.type_query), ["hello", "subscribe"], "all goes out in one flight");
  await settle();
  assert.equal(window.state, "connecting");
  await window.greet();
  assert.equal(window.state, "live");
});

test("connecting: it goes before what it began with is answered -> waiting", async () => {
  const window = new Window();
  window.client.thread("/a").open();
  window.socket.open();
  window.socket.drop();
  await settle();
  assert.equal(window.state, "waiting");
});

test("connecting: it does not open for 20 s -> waiting", async () => {
  const window = new Window();
  window.client.thread("/a").open();
  await window.clock.pass(19_999);
  assert.equal(window.state, "connecting");
  await window.clock.pass(1);
  assert.equal(window.state, "waiting");
  assert.equal(window.socket.left, 1000);
  assert.equal(view(window).close_code, 1006);
});

for (const event of ["focus", "online", "visible", "pageshow"]) {
  test(`live: ${event} -> probing; the ping is answered -> live`, async () => {
    const window = await live();
    window.say(event);
    assert.equal(window.state, "probing");
    assert.equal(window.socket.count("ping"), 1);
    window.say(event);
    assert.equal(window.socket.count("ping"), 1, "one ping at a time");
    await window.clock.pass(1_999);
    window.socket.answer("ping", { now: "" });
    await settle();
    assert.equal(window.state, "live");
    await window.clock.pass(60_000);
    assert.equal(window.state, "live");
    assert.equal(window.sockets.length, 1);
  });
}

test("live: a beat far too late, as after sleep -> probing", async () => {
  const window = await live();
  await window.clock.pass(25_000);
  assert.equal(window.state, "live");
  await window.clock.sleep(9_000);
  assert.equal(window.state, "live", "a little late is nothing");
  await window.clock.sleep(600_000);
  assert.equal(window.state, "probing");
});

test("probing: the ping is not answered for 2 s -> waiting", async () => {
  const window = await live();
  window.say("focus");
  await window.clock.pass(1_999);
  assert.equal(window.state, "probing");
  await window.clock.pass(1);
  assert.equal(window.state, "waiting");
  assert.equal(view(window).close_code, 1006);
  assert.equal(window.socket.left, 1000);
});

test("probing: a refused ping is an answer, too", async () => {
  const window = await live();
  window.say("focus");
  await settle();
  window.socket.refuse("ping", "rate_limited", { retry: true, retry_after_ms: 5_000 });
  await window.clock.pass(5_000);
  assert.deepEqual([window.state, window.sockets.length], ["live", 1]);
});

test("waiting: the time is over -> connecting", async () => {
  const window = await live();
  window.socket.drop(1001);
  const { state, next_try_ms, close_code } = view(window);
  assert.deepEqual([state, next_try_ms, close_code], ["waiting", window.clock.now_ms + 250, 1001]);
  await window.clock.pass(249);
  assert.equal(window.sockets.length, 1);
  await window.clock.pass(1);
  assert.equal(window.state, "connecting");
  assert.equal(window.sockets.length, 2);
  assert.equal(view(window).next_try_ms, null);
});

test("waiting: tryNow -> connecting; elsewhere it does nothing", async () => {
  const window = await live();
  window.client.connection.tryNow();
  assert.equal(window.state, "live");
  window.socket.drop();
  window.client.connection.tryNow();
  assert.equal(window.state, "connecting");
  window.client.connection.tryNow();
  assert.equal(window.sockets.length, 2);
  await window.clock.pass(10_000);
  assert.equal(window.sockets.length, 2, "the waiting that was cut short does not come back");
});

for (const event of ["focus", "online", "visible", "pageshow"]) {
  test(`waiting, suspended: ${event} -> connecting`, async () => {
    const window = await live();
    window.socket.drop();
    window.say(event);
    assert.equal(window.state, "connecting");
    window.say("pagehide");
    assert.equal(window.state, "suspended");
    window.say(event);
    assert.equal(window.state, "connecting");
  });
}

test("open: a query is not answered for 20 s -> waiting, and it is told as cut", async () => {
  const window = await live();
  const answer = window.client.connection.query("loadComments", { page: "/a" });
  await window.clock.pass(19_999);
  assert.equal(window.state, "live");
  await window.clock.pass(1);
  assert.equal(window.state, "waiting");
  const { ok, refusal } = await answer;
  assert.deepEqual([ok, refusal.code, refusal.retry], [false, "cut", true]);
});

for (const code of [4500, 4999]) {
  test(`open: it closes with ${code} -> stopped, for good`, async () => {
    const window = await live();
    window.socket.drop(code);
    assert.deepEqual([window.state, view(window).late, view(window).close_code], ["stopped", true, code]);
    for (const event of ["focus", "online", "visible", "pageshow", "hidden", "pagehide"]) window.say(event);
    window.client.connection.tryNow();
    window.client.thread("/b").open();
    const { refusal } = await window.client.connection.query("ping");
    assert.equal(refusal.code, "offline");
    await window.clock.pass(600_000);
    assert.equal(window.state, "stopped");
    assert.equal(window.sockets.length, 1);
  });
}

for (const code of [1000, 1001, 1006, 1009, 4008, 4429, 4499, 5000]) {
  test(`open: it closes with ${code} -> waiting`, async () => {
    const window = await live();
    window.socket.drop(code);
    assert.deepEqual([window.state, view(window).close_code], ["waiting", code]);
  });
}

test("hidden for 60 s -> suspended, from every state; visible before -> nothing", async () => {
  const states = {
    connecting: async () => {
      const window = await live();
      window.socket.drop();
      window.client.connection.tryNow();
      return window;
    },
    live,
    waiting: async () => {
      const window = await live();
      window.random = () => 0.999;
      // Six losses: the wait is past ten seconds.
      for (let loss = 0; loss < 7; loss += 1) {
        window.client.connection.tryNow();
        window.socket.drop();
      }
      return window;
    },
  };
  for (const [state, make] of Object.entries(states)) {
    const window = await make();
    assert.equal(window.state, state);
    window.say("hidden");
    await window.clock.pass(5_000);
    window.say("visible");
    if (window.state === "probing") window.socket.answer("ping", { now: "" });
    await window.clock.pass(0);
    assert.notEqual(window.state, "suspended");
    window.say("hidden");
    await window.clock.pass(59_999);
    assert.notEqual(window.state, "suspended", state);
    await window.clock.pass(1);
    assert.equal(window.state, "suspended", state);
    assert.equal(view(window).late, false);
    const { length } = window.sockets;
    await window.clock.pass(600_000);
    assert.equal(window.sockets.length, length, "nothing is tried meanwhile");
  }
});

test("pagehide -> suspended, and the line is closed: the browser's cache takes no page with an open one", async () => {
  const window = await live();
  window.say("pagehide");
  assert.equal(window.state, "suspended");
  assert.equal(window.socket.left, 1000);
  window.say("pageshow");
  assert.equal(window.state, "connecting");
  await window.greet();
  assert.equal(window.state, "live");
});

test("nobody has needed it for 1 s -> idle; what leaves one page may open the next", async () => {
  const window = await live();
  window.close();
  window.close();
  assert.equal(window.socket.count("unsubscribe"), 1);
  await window.clock.pass(999);
  const close = window.client.thread("/b").open();
  await window.clock.pass(5_000);
  assert.equal(window.state, "live");
  close();
  await window.clock.pass(1_000);
  assert.equal(window.state, "idle");
  assert.equal(window.socket.left, 1000);
  assert.equal(window.listeners, 0);
  window.client.thread("/b").open();
  assert.equal(window.state, "connecting");
});

test("the wait is random(0, min(20 s, 0.5 s * 2^n)), and n begins anew after 30 s live", async () => {
  const window = await live();
  const wait = (random) => {
    window.random = () => random;
    window.socket.drop();
    return view(window).next_try_ms - window.clock.now_ms;
  };
  const waits = [];
  for (let loss = 0; loss < 9; loss += 1) {
    waits.push(wait(0.5));
    window.client.connection.tryNow();
  }
  assert.deepEqual(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
  assert.equal(wait(0), 0, "full jitter");
  window.client.connection.tryNow();
  await window.greet();
  await window.clock.pass(29_999);
  assert.equal(wait(0.5), 10_000);
  window.client.connection.tryNow();
  await window.greet();
  await window.clock.pass(30_000);
  assert.equal(wait(0.5), 250);
});

test("after a drain, a random part of what it asked for is waited, once", async () => {
  const window = await live();
  window.socket.say({ push: "drain", reconnect_in_ms: 60_000 });
  assert.equal(window.state, "live");
  window.socket.drop(1001);
  assert.equal(view(window).next_try_ms - window.clock.now_ms, 30_000);
  window.client.connection.tryNow();
  window.socket.drop();
  assert.equal(view(window).next_try_ms - window.clock.now_ms, 500);
});

test("late: not live for 5 s, however often it was tried; not while probing or suspended", async () => {
  const window = await live();
  window.socket.drop();
  await window.clock.pass(4_999);
  assert.equal(view(window).late, false);
  await window.clock.pass(1);
  assert.equal(view(window).late, true);
  window.client.connection.tryNow();
  assert.equal(view(window).late, true);
  await window.greet();
  assert.equal(view(window).late, false);
  window.socket.drop();
  await window.clock.pass(1_000);
  window.say("pagehide");
  await window.clock.pass(60_000);
  assert.equal(view(window).late, false);
  window.say("pageshow");
  await window.clock.pass(4_999);
  assert.equal(view(window).late, false);
});

test("a query waits for the line that is coming up, and is not sent without one", async () => {
  const window = new Window();
  const answer = window.client.connection.query("signIn", { username: "a", password: "b" });
  assert.equal(window.state, "connecting", "what asks needs it");
  await window.greet();
  assert.equal(window.socket.count("signIn"), 1);
  window.socket.answer("signIn", { token: "t" });
  assert.deepEqual(await answer, { ok: true, token: "t" });
  await window.clock.pass(1_000);
  assert.equal(window.state, "idle");
  const lost = window.client.connection.query("ping");
  window.socket.drop();
  assert.equal((await lost).refusal.code, "offline");
});

test("a refusal is told whole", async () => {
  const window = await live();
  const answer = window.client.connection.query("ping");
  await settle();
  window.socket.refuse("ping", "rate_limited", { retry: true, retry_after_ms: 7 });
  const refusal = { code: "rate_limited", message: "No: rate_limited.", retry: true, retry_after_ms: 7 };
  assert.deepEqual(await answer, { ok: false, refusal });
});

test("a query that is longer than the server takes is refused here", async () => {
  const window = await live();
  const { refusal } = await window.client.connection.query("postComment", { comment: "é".repeat(40_000) });
  assert.equal(refusal.code, "comment_too_long");
  assert.equal(window.socket.count("postComment"), 0);
});

test("what comes late from a line that was given up changes nothing", async () => {
  const window = await live();
  const [old] = window.sockets;
  window.say("pagehide");
  window.say("pageshow");
  old.onclose({ code: 4500 });
  old.say({ push: "drain", reconnect_in_ms: 1 });
  assert.equal(window.state, "connecting");
  old.onopen();
  assert.equal(window.socket.sent.length, 0);
});

test("a line that is closing takes nothing more: what is asked then is cut", async () => {
  const window = await live();
  window.socket.readyState = 2;
  const answer = window.client.connection.query("ping");
  await settle();
  assert.equal(window.socket.count("ping"), 0);
  window.socket.drop(4500);
  assert.equal((await answer).refusal.code, "cut");
  assert.equal(window.state, "stopped");
});

test("a refused origin is told, in the view and once in the console", async (t) => {
  const message = "This page's origin may not connect here; the operator can add it to server.allowed_origins.";
  const error = t.mock.method(console, "error", () => {});
  const window = new Window();
  window.onfetch = () => Promise.resolve({ status: 403, json: () => Promise.resolve({ status: "failure", code: "forbidden", message }) });
  window.client.thread("/a").open();
  window.socket.drop(1006);
  await settle();
  assert.deepEqual(window.fetched.map(([url]) => url), ["http://comments.test/api/hello"]);
  assert.equal(view(window).refused_origin, message);
  assert.equal(error.mock.callCount(), 1);
  assert.match(error.mock.calls[0].arguments[0], /server\.allowed_origins/);
  await window.clock.pass(30_000);
  window.socket.drop(1006);
  await settle();
  assert.equal(window.fetched.length, 1, "asked once");
  assert.equal(error.mock.callCount(), 1);
  window.client.connection.tryNow();
  await window.greet();
  assert.equal(view(window).refused_origin, null);
});

test("why it does not open is asked only where it never opened, until there is an answer", async () => {
  const window = new Window();
  window.client.thread("/a").open();
  window.socket.drop(1006);
  await settle();
  window.client.connection.tryNow();
  window.socket.drop(1006);
  await settle();
  assert.equal(window.fetched.length, 2, "no network, no answer");
  window.onfetch = () => Promise.resolve({ status: 200, json: () => Promise.resolve({ status: "success" }) });
  for (let loss = 0; loss < 3; loss += 1) {
    window.client.connection.tryNow();
    window.socket.drop(1006);
    await settle();
  }
  assert.equal(window.fetched.length, 3);
  assert.equal(view(window).refused_origin, null);

  const opened = await live();
  opened.socket.drop(1006);
  await settle();
  assert.equal(opened.fetched.length, 0);
});

test("a page whose policy forbids the line waits as for any other", () => {
  const window = new Window();
  window.onsocket = () => {
    throw new Error("SecurityError");
  };
  window.client.thread("/a").open();
  assert.equal(window.state, "waiting");
});

test("close ends everything", async () => {
  const window = await live();
  window.client.close();
  assert.equal(window.state, "idle");
  assert.equal(window.listeners, 0);
  window.client.thread("/b").open();
  assert.equal((await window.client.connection.query("ping")).refusal.code, "offline");
  await window.clock.pass(600_000);
  assert.equal(window.sockets.length, 1);
  assert.equal(window.clock.pending, 0);
});

test("the connection's view stays the same object until it changes, and listeners are called once a frame", async () => {
  const window = await live();
  window.frame();
  const before = view(window);
  let calls = 0;
  const end = window.client.connection.subscribe(() => { calls += 1; });
  window.say("focus");
  assert.notEqual(view(window), before);
  window.socket.answer("ping", { now: "" });
  await settle();
  window.frame();
  assert.equal(calls, 1);
  end();
  window.socket.drop();
  window.frame();
  assert.equal(calls, 1);
});
