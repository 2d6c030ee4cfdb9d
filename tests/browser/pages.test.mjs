// The pages around the thread: the demo, lists with counts, several elements on one page, weight.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Host, threadPage } from "./kit/host.mjs";
import { Reader, launch, until } from "./kit/reader.mjs";
import { Robot } from "./kit/robot.mjs";
import { Service } from "./kit/service.mjs";

let service, browser;
before(async () => { [service, browser] = await Promise.all([Service.start(), launch()]); });
after(async () => { await browser?.close(); await service?.stop(); });

test("the demo shows two readers side by side, and one sees what the other does", async () => {
  const reader = await Reader.open(browser, { viewport: { width: 1200, height: 900 } });
  await reader.page.goto(service.origin);
  const [left, right] = [reader.page.locator("[data-reader=left]"), reader.page.locator("[data-reader=right]")];
  for (const pane of [left, right]) await pane.locator(".live[data-state=live]").waitFor();
  await left.getByRole("button", { name: "Sign in", exact: true }).click();
  const dialog = reader.page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Sign up" }).click();
  await dialog.getByLabel("Name").fill("visitor");
  await dialog.getByLabel("Password", { exact: true }).fill("violet otter 47 lamp");
  await dialog.locator("button.submit").click();
  await left.getByRole("button", { name: "visitor: your settings" }).waitFor();
  await right.getByRole("button", { name: "Sign in", exact: true }).waitFor();
  await left.getByRole("textbox", { name: "Write a comment" }).fill("Look over there");
  await left.getByRole("button", { name: "Post", exact: true }).click();
  await right.getByText("Look over there").waitFor();
  assert.match(await reader.page.locator("#tag").textContent(), new RegExp(`src="${service.origin}/embed.js"`));
  await reader.page.goto(`${service.origin}/?lang=ru`);
  await reader.page.locator("[data-reader=left]").getByText("1 комментарий").waitFor();
  await reader.close();
});

test("a list of pages is counted by one request", async () => {
  const robot = await Robot.open(browser, service.origin, "robot");
  for (let n = 0; n < 5; n += 1) await robot.post("/five", "x");
  await robot.post("/one", "x");
  const links = ["/five", "/one", "/none", "/five"].map((key) => `<a href="${key}" data-otklik-page="${key}">Comments</a>`).join("");
  const host = await Host.start((path) => ({
    html: `<!doctype html><html lang="${path === "/ru" ? "ru" : "en"}"><title>List</title><link rel="icon" href="data:,">${links}` +
      `<script type="module" src="${service.origin}/counts.js"></script></html>`,
  }));
  const reader = await Reader.open(browser);
  const asked = [];
  reader.page.on("request", (request) => { if (request.url().includes("/api/counts")) asked.push(request.url()); });
  await reader.page.goto(`${host.origin}/`);
  const texts = () => reader.page.locator("a").allTextContents();
  await until(texts, (seen) => seen.join() === "5 comments,1 comment,0 comments,5 comments");
  assert.equal(asked.length, 1);
  await robot.post("/one", "x");
  await reader.page.evaluate(() => dispatchEvent(new Event("focus")));
  await until(texts, (seen) => seen[1] === "2 comments");
  await reader.page.goto(`${host.origin}/ru`);
  await until(texts, (seen) => seen.join() === "5 комментариев,2 комментария,0 комментариев,5 комментариев");
  await reader.close();
  await robot.close();
  host.stop();
});

test("several threads on one page share one connection, and may come and go", async () => {
  const reader = await Reader.open(browser);
  const sockets = [];
  reader.page.on("websocket", (socket) => sockets.push(socket));
  await reader.visit(service.origin, { attributes: 'page="/first"' });
  await reader.page.evaluate(() => {
    const other = document.createElement("otklik-comments");
    other.setAttribute("page", "/second");
    document.body.append(other);
  });
  const other = reader.page.locator("otklik-comments[page='/second']");
  await other.locator(".live[data-state=live]").waitFor();
  assert.equal(sockets.length, 1);
  await reader.page.evaluate(() => {
    const [first, second] = document.querySelectorAll("otklik-comments");
    document.body.prepend(second);
    first.remove();
    second.setAttribute("page", "/third");
  });
  await reader.page.locator("otklik-comments[page='/third'] .live[data-state=live]").waitFor();
  assert.equal(sockets.length, 1);
  await reader.close();
});

test("from right to left, too", async () => {
  const host = await Host.start(() => ({ html: threadPage(service.origin).replace("<html", '<html dir="rtl"') }));
  const robot = await Robot.open(browser, service.origin, "rtl robot");
  await robot.post("/a", "שלום");
  const reader = await Reader.open(browser);
  await reader.page.goto(host.origin);
  const card = reader.card("שלום");
  const [face, text] = await Promise.all([card.locator("img").first().boundingBox(), card.locator(".text").boundingBox()]);
  assert.ok(face && text && face.x > text.x, "the picture stands on the right");
  await reader.close();
  await robot.close();
  host.stop();
});

test("what is loaded at first stays within its budget", async () => {
  const robot = await Robot.open(browser, service.origin, "weight robot");
  await robot.post("/weight", "A comment");
  const reader = await Reader.open(browser);
  const sizes = new Map();
  reader.page.on("response", async (response) => {
    const { pathname } = new URL(response.url());
    if (!/\.(js|css)$/.test(pathname)) return;
    const { responseBodySize } = await response.request().sizes();
    sizes.set(pathname.replace(/\/otklik\/[0-9a-f]{16}/, "/otklik"), { sent: responseBodySize });
  });
  await reader.visit(service.origin, { attributes: 'page="/weight"' });
  await reader.signUp("weight");
  await reader.write("Mine");
  await reader.card("Mine").locator("button.like").click();
  await until(() => reader.card("Mine").locator(".like .count").textContent(), (likes) => likes === "1");
  const sum = (paths) => Object.values(paths).reduce((bytes, { sent }) => bytes + sent, 0);
  const some = (wanted) => Object.fromEntries([...sizes].filter(([path]) => wanted.test(path)));
  // To read live; then what reacting and commenting take besides. The rest (signing in, menus, keys) comes when it is wanted.
  const reading = some(/^\/embed\.js|\/(en|element)\.js$/);
  const acting = some(/^\/otklik\/\w+\.js$/);
  assert.ok(sum(reading) <= 18.5 * 1024, `${sum(reading)} bytes to read: ${JSON.stringify(reading)}`);
  assert.ok(sum(acting) <= 5 * 1024, `${sum(acting)} bytes to act: ${JSON.stringify(acting)}`);
  assert.ok(sizes.get("/embed.js").sent <= 0.7 * 1024, JSON.stringify(reading));
  await reader.close();
  await robot.close();
});
