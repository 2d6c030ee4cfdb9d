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

test("where words cannot be loaded there is English, and without that there are the comments", async () => {
  const robot = await Robot.open(browser, service.origin, "word robot");
  await robot.post("/words", "To be read all the same");
  for (const [missing, title, lang] of [["ru", "1 comment", "en"], ["ru|en", "", "en"]]) {
    const reader = await Reader.open(browser);
    reader.borne = /ERR_/;
    await reader.context.route(new RegExp(`/locales/(${missing})\\.js$`), (route) => route.abort());
    await reader.visit(service.origin, { attributes: 'page="/words"', lang: "ru" });
    await reader.card("To be read all the same").waitFor();
    assert.equal(await reader.page.locator(".title").textContent(), title);
    assert.equal(await reader.page.locator(".thread").getAttribute("lang"), lang);
    await reader.close();
  }
  await robot.close();
});

test("what is loaded stays within its budget", async () => {
  const robot = await Robot.open(browser, service.origin, "weight robot");
  await robot.post("/weight", "A comment");
  const reader = await Reader.open(browser);
  const sizes = new Map();
  reader.page.on("response", async (response) => {
    const { pathname } = new URL(response.url());
    if (!/^\/(embed|otklik\/.*)\.js$/.test(pathname)) return;
    const { responseBodySize } = await response.request().sizes();
    sizes.set(pathname.replace(/\/otklik\/[0-9a-f]{16}/, "/otklik"), responseBodySize);
  });
  const sum = () => [...sizes.values()].reduce((bytes, sent) => bytes + sent, 0);
  const told = () => JSON.stringify(Object.fromEntries(sizes));
  await reader.context.addInitScript((token) => localStorage.setItem(`otklik ${location.origin} token`, token), robot.token);
  await reader.visit(service.origin, { attributes: 'page="/weight"' });
  await reader.write("Mine");
  await reader.card("Mine").locator("button.like").click();
  await until(() => reader.card("Mine").locator(".like .count").textContent(), (likes) => likes === "1");
  await until(() => [...sizes.keys()].join(), (seen) => seen.includes("notices.js") && seen.includes("en.later.js"));
  // To read live, to react and to comment.
  const later = /notices|later|more-styles/;
  const first = [...sizes].filter(([path]) => !later.test(path)).reduce((bytes, [, sent]) => bytes + sent, 0);
  assert.ok(first <= 18.5 * 1024, `${first} bytes: ${told()}`);
  // With what comes by itself after the first comments: bars, words for troubles.
  assert.ok(sum() <= 22.5 * 1024, `${sum()} bytes: ${told()}`);
  assert.deepEqual([...sizes.keys()].filter((path) => !later.test(path)).sort(), ["/embed.js", "/otklik/element/element.js", "/otklik/locales/en.js"]);
  assert.ok(sizes.get("/embed.js") <= 0.7 * 1024, told());
  await reader.close();
  await robot.close();
});

test("an element that is taken away at once leaves nothing behind", async () => {
  const reader = await Reader.open(browser);
  await reader.page.addInitScript(() => {
    globalThis.listening = 0;
    for (const [name, step] of [["addEventListener", 1], ["removeEventListener", -1]]) {
      const inner = globalThis[name];
      globalThis[name] = (type, ...rest) => {
        if (type === "hashchange") globalThis.listening += step;
        inner.call(globalThis, type, ...rest);
      };
    }
  });
  await reader.visit(service.origin, { attributes: 'page="/stays"' });
  await until(() => reader.page.evaluate(() => globalThis.listening), (listening) => listening === 1);
  await reader.page.evaluate(async () => {
    const add = () => {
      const element = document.createElement("otklik-comments");
      document.body.append(element);
      return element;
    };
    const brief = add();
    while (!brief.shadowRoot?.querySelector(".thread")) await new Promise((resolve) => setTimeout(resolve));
    brief.remove();
    add();
  });
  // What the later one has, the one before it would have had by then.
  await until(() => reader.page.evaluate(() => globalThis.listening), (listening) => listening >= 2);
  assert.equal(await reader.page.evaluate(() => globalThis.listening), 2);
  await reader.close();
});

test("two quick clicks open one dialog", async () => {
  const reader = await Reader.open(browser);
  await reader.visit(service.origin);
  await reader.page.getByRole("button", { name: "Sign in", exact: true }).dblclick();
  await reader.page.getByRole("dialog").first().waitFor();
  assert.equal(await reader.page.locator("dialog").count(), 1);
  await reader.page.keyboard.press("Escape");
  await until(() => reader.page.locator("dialog").count(), (dialogs) => dialogs === 0);
  await reader.close();
});
