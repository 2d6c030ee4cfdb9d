import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { createElement as h } from "react";
import { createClient } from "otklik-client";
import { Comments, OtklikProvider } from "../src/index.js";
import ru from "../locales/ru.js";
import { PASSWORD, URL_OF_SERVER, serve, signUp, site } from "./site.js";

/** @type {Awaited<ReturnType<typeof site>>} */
let here;
afterEach(() => here.close());

/** @param {import("./server.js").Server} [server] */
async function open(server) {
  here = await site(server);
  await here.show(h(Comments, { page: "a" }));
  await here.screen.until(() => here.client.session.get().known && here.client.thread("a").get().status === "ready");
  await here.screen.act();
  return here;
}

const text = () => here.screen.body.textContent ?? "";

test("a comment shows its author, picture, text and date, and what was written is text", async () => {
  await open(serve(["<b>bold</b> & more"]));
  const { screen } = here;
  assert.equal(screen.one(".otklik-text").textContent, "<b>bold</b> & more");
  assert.equal(screen.one("article bdi").textContent, "carol");
  assert.equal(screen.one("article img").getAttribute("src"), "http://127.0.0.1:5678/img/carol.svg");
  assert.match(screen.one("time").getAttribute("datetime") ?? "", /^\d{4}-\d\d-\d\dT/);
  assert.equal(document.querySelectorAll(".otklik-text b").length, 0);
});

test("a picture's address that is no picture's is left out", async () => {
  const server = serve(["one"]);
  server.comments[0] = { ...server.comments[0], img: "javascript:alert(1)" };
  await open(server);
  assert.equal(document.querySelectorAll("article img").length, 0);
});

test("signing up: errors by field, the password is looked at, and it ends", async () => {
  const { screen, server } = await open();
  await screen.press("Sign up");
  assert.ok(screen.one("dialog"));
  await screen.press("Sign up", "form.otklik-sign-in");
  assert.equal(document.querySelectorAll("dialog [aria-invalid=true]").length, 2);
  assert.equal(document.activeElement, screen.one("input[name=username]"));

  await screen.type("input[name=username]", "alice");
  await screen.type("input[name=password]", PASSWORD);
  server.refusals.set("signUp", { code: "username_taken", member: "username" });
  await screen.press("Sign up", "form.otklik-sign-in");
  const field = await screen.until(() => document.querySelector("input[name=username][aria-invalid=true]"));
  const described = field.getAttribute("aria-describedby")?.split(" ").map((id) => document.getElementById(id)?.textContent);
  assert.match(described?.join(" ") ?? "", /taken/);

  await screen.press("Show password", "dialog");
  assert.equal(screen.one("input[name=password]").getAttribute("type"), "text");

  server.refusals.clear();
  await screen.press("Sign up", "form.otklik-sign-in");
  await screen.until(() => screen.button("Sign out"));
  assert.equal(document.querySelector("dialog"), null);
  assert.match(text(), /alice/);
});

test("signing in with a wrong password says so once, for both fields", async () => {
  const { screen } = await open();
  await screen.press("Sign in");
  await screen.type("input[name=username]", "alice");
  await screen.type("input[name=password]", "not the right one");
  await screen.press("Sign in", "form.otklik-sign-in");
  await screen.until(() => /name or the password is wrong/.test(screen.one("dialog").textContent ?? ""));
});

test("what needs a user asks a guest to sign in, and what was written stays", async () => {
  const { screen } = await open();
  await screen.press("Like, 0 likes");
  assert.ok(screen.one("dialog"));
  await screen.press("Close");
  assert.equal(document.querySelector("dialog"), null);
  await screen.type("textarea", "a thought");
  await screen.press("Post");
  assert.ok(screen.one("dialog"));
  assert.equal(/** @type {HTMLTextAreaElement} */ (screen.one("textarea")).value, "a thought");
});

test("posting, replying, editing and deleting", async () => {
  const { screen, server } = await open(serve(["first"]));
  await signUp(here);
  await screen.type("textarea", "mine");
  await screen.press("Post");
  await screen.until(() => document.querySelector("#comment-2 .otklik-text"));
  assert.match(text(), /2 comments/);

  await screen.press("Reply: carol");
  await screen.type(".otklik-composer-reply textarea", "to you");
  await screen.press("Reply", ".otklik-composer-reply");
  await screen.until(() => document.querySelector(".otklik-replies #comment-3"));
  assert.equal(document.querySelector(".otklik-composer-reply"), null);
  assert.equal(server.comments[2].parent, 1);

  await screen.press("Edit", "#comment-2");
  await screen.type(".otklik-composer-edit textarea", "mine, better");
  await screen.press("Save");
  await screen.until(() => document.querySelector("#comment-2 .otklik-text")?.textContent === "mine, better");

  await screen.press("Delete", "#comment-2");
  await screen.press("Keep", "#comment-2");
  assert.equal(document.activeElement, screen.button("Delete", "#comment-2"), "the focus goes back");
  assert.equal(server.comments[1].state, "shown");
  await screen.press("Delete", "#comment-2");
  await screen.press("Delete", "#comment-2 [role=group]");
  await screen.until(() => !document.querySelector("#comment-2"));
  assert.equal(document.activeElement, screen.one(".otklik-heading"));
});

test("what was left behind is shown before there is a line", async () => {
  const server = serve([]);
  const environment = server.environment();
  const kept = `otklik ${URL_OF_SERVER} `;
  environment.storage?.setItem(`${kept}token`, "otk_alice");
  environment.storage?.setItem(`${kept}user`, "7");
  const item = { key: "k", user_id: 7, parent: null, comment: "left behind", since_ms: 0, state: "waiting", refusal: null };
  environment.storage?.setItem(`${kept}outbox "a" k`, JSON.stringify(item));
  server.refuses = 1_000;
  here = await site(server, createClient({ url: URL_OF_SERVER, environment }));
  await here.show(h(Comments, { page: "a" }));
  await here.screen.until(() => text().includes("left behind"));
  assert.equal(here.client.thread("a").get().status, "loading");
});

test("a refused comment can be put right and sent again, or given up", async () => {
  const { screen, server } = await open();
  await signUp(here);
  server.refusals.set("postComment", { code: "comment_too_long", member: "comment" });
  await screen.type("textarea", "far too long");
  await screen.press("Post");
  await screen.until(() => screen.button("Try again"));
  assert.match(screen.one(".otklik-unsent").textContent ?? "", /too long/);
  server.refusals.clear();
  await screen.type(".otklik-unsent textarea", "short");
  await screen.press("Try again");
  await screen.until(() => !document.querySelector(".otklik-unsent"));
  assert.equal(server.comments.at(-1)?.comment, "short");
});

test("buttons say what they are and what they count; pressing again takes back", async () => {
  const { screen } = await open(serve(["first"]));
  await signUp(here);
  assert.equal(screen.one(".otklik-like").getAttribute("aria-pressed"), "false");
  await screen.press("Like, 0 likes");
  await screen.until(() => screen.button("Like, 1 like"));
  assert.equal(screen.one(".otklik-like").getAttribute("aria-pressed"), "true");
  await screen.press("Dislike, 0 dislikes");
  await screen.until(() => screen.button("Dislike, 1 dislike"));
  assert.ok(screen.button("Like, 0 likes"));
  await screen.press("Dislike, 1 dislike");
  await screen.until(() => screen.button("Dislike, 0 dislikes"));
});

test("what others write waits in the pill, which gives the focus to the first of it", async () => {
  const { screen, server } = await open();
  await screen.act(() => server.write("news"));
  assert.equal(document.querySelector("#comment-4"), null);
  await screen.press("1 new comment");
  await screen.until(() => document.activeElement?.id === "comment-4");
});

test("a page without comments says so, and a refused one says why", async () => {
  const { screen } = await open(serve([]));
  assert.match(text(), /No comments yet/);
  await screen.close();
  const server = serve([]);
  server.refusals.set("subscribe", { code: "unavailable" });
  server.snapshot = () => {
    throw new Error("down");
  };
  here = await site(server);
  await here.show(h(Comments, { page: "a" }));
  await here.screen.until(() => /could not be loaded|Loading/.test(text()));
});

test("a list that cannot go on says why, until it can", async () => {
  const server = serve(["first"]);
  server.comments[0] = { ...server.comments[0], replies: 2 };
  const whole = server.snapshot.bind(server);
  server.snapshot = () => ({ ...whole(), next: "cursor" });
  server.refusals.set("loadComments", { code: "rate_limited", message: "Slower, please.", retry: true });
  const { screen } = await open(server);
  for (const name of ["Show more comments", "Show 2 more replies"]) {
    await screen.press(name);
    await screen.until(() => document.querySelector(".otklik-why"));
    assert.match(screen.one(".otklik-why").textContent ?? "", /\w/);
    server.refusals.delete("loadComments");
    await screen.press(name);
    await screen.until(() => !document.querySelector(".otklik-why"));
    server.refusals.set("loadComments", { code: "rate_limited", message: "Slower, please.", retry: true });
  }
});

test("another language", async () => {
  here = await site();
  await here.screen.render(h(OtklikProvider, { client: here.client, locale: "ru", words: ru }, h(Comments, { page: "a" })));
  await here.screen.until(() => /3 комментария/.test(text()));
});

test("a link to a comment leads there, and says so where it leads nowhere", async () => {
  here = await site();
  location.hash = "#comment-2";
  await here.show(h(Comments, { page: "a" }));
  await here.screen.until(() => document.activeElement?.id === "comment-2");
  await here.screen.act(() => {
    location.hash = "#comment-99";
  });
  await here.screen.until(() => /not here any more/.test(text()));
});
