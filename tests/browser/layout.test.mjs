// What comes in never moves what is being read, and the thread fits every width.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Reader, launch, until } from "./kit/reader.mjs";
import { Robot } from "./kit/robot.mjs";
import { Service } from "./kit/service.mjs";

let service, browser;
before(async () => { [service, browser] = await Promise.all([Service.start(), launch()]); });
after(async () => { await browser?.close(); await service?.stop(); });

/** How far things have moved by themselves, as browsers count it. */
const watchShift = () => {
  globalThis.shifts = [];
  const box = ({ x, y, width, height }) => `${[x, y, width, height].map(Math.round)}`;
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) globalThis.shifts.push(`${value}: ${sources.map(({ previousRect, currentRect }) => `${box(previousRect)} to ${box(currentRect)}`)}`);
  }).observe({ type: "layout-shift", buffered: false });
};

for (const sort of ["newest", "oldest", "top", "controversial"]) {
  test(`200 comments, replies and likes that come in move nothing (${sort})`, async () => {
    const page = `/shift-${sort}`;
    const robot = await Robot.open(browser, service.origin, `robot ${sort}`);
    const first = [];
    for (let n = 0; n < 12; n += 1) first.push(await robot.post(page, `The comment number ${n}, long enough to be read for a while.`));
    const reader = await Reader.open(browser);
    await reader.visit(service.origin, { attributes: `page="${page}" sort="${sort}"` });
    await reader.card("number 11").waitFor();
    await reader.card("number 5").scrollIntoViewIfNeeded();
    // What is loaded after the first comments may still be on its way.
    await reader.page.waitForLoadState("networkidle");
    await reader.page.evaluate(watchShift);
    for (let n = 0; n < 200; n += 1) {
      const some = first[n % first.length];
      if (n % 3 === 0) await robot.post(page, `Live ${n}`);
      else if (n % 3 === 1) await robot.post(page, `Under it ${n}`, some);
      else await robot.react(some, n % 2 ? "like" : "dislike");
    }
    await until(() => reader.page.locator(".title").textContent(), (title) => title === "146 comments");
    await reader.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    assert.deepEqual(await reader.page.evaluate(() => globalThis.shifts), []);
    await reader.close();
    await robot.close();
  });
}

for (const [room, options] of [["a desk", {}], ["a phone", { viewport: { width: 390, height: 800 }, hasTouch: true }]]) {
  test(`cards that were not drawn yet stand as high as they will (${room})`, async () => {
    const robot = await Robot.open(browser, service.origin, `jump robot ${room}`);
    const page = `/jump-${room}`;
    for (let n = 0; n < 60; n += 1) await robot.post(page, `One line, ${n}`);
    const reader = await Reader.open(browser, options);
    await reader.visit(service.origin, { attributes: `page="${page}" limit="100"` });
    await until(() => reader.page.locator(".list > li").count(), (count) => count === 60);
    await reader.page.getByRole("button", { name: "Keyboard shortcuts" }).waitFor();
    const drawn = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    await reader.page.evaluate(drawn);
    await reader.page.evaluate(watchShift);
    const before = await reader.page.evaluate(() => document.documentElement.scrollHeight);
    await reader.page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await reader.page.evaluate(drawn);
    assert.deepEqual(await reader.page.evaluate(() => globalThis.shifts), []);
    const after = await reader.page.evaluate(() => document.documentElement.scrollHeight);
    assert.ok(Math.abs(after - before) <= 2, `a page ${before} px high became one of ${after} px`);
    await reader.close();
    await robot.close();
  });
}

test("a box to write in grows with what stands in it, and is small again once that is gone", async () => {
  const robot = await Robot.open(browser, service.origin, "box robot");
  await robot.post("/box", "The one above");
  const reader = await Reader.open(browser);
  await reader.context.addInitScript((token) => localStorage.setItem(`otklik ${location.origin} token`, token), robot.token);
  await reader.visit(service.origin, { attributes: 'page="/box"' });
  await reader.card("The one above").getByRole("button", { name: "Reply", exact: true }).click();
  const lines = Array.from({ length: 9 }, (_, n) => `Line ${n}`).join("\n");
  for (const box of [reader.page.getByRole("textbox", { name: "Write a comment" }), reader.page.getByRole("textbox", { name: "Reply to box robot" })]) {
    await box.focus();
    const high = () => box.evaluate(({ offsetHeight, scrollHeight, clientHeight }) => ({ offsetHeight, hidden: scrollHeight - clientHeight }));
    const small = await high();
    await box.fill(lines);
    const grown = await high();
    assert.ok(grown.offsetHeight > small.offsetHeight + 100, JSON.stringify(grown));
    assert.equal(grown.hidden, 0);
    await box.fill(lines.repeat(20));
    assert.ok((await high()).offsetHeight <= 450, "half a window at most");
    await box.fill("");
    assert.deepEqual(await high(), small);
  }
  await reader.close();
  await robot.close();
});

test("from 320 px up nothing is cut off or scrolls sideways", async () => {
  const robot = await Robot.open(browser, service.origin, "wide robot");
  const comment = await robot.post("/narrow", `A long word: ${"x".repeat(120)}, and an address https://example.com/${"path/".repeat(20)}`);
  let under = comment;
  for (let depth = 1; depth <= 8; depth += 1) under = await robot.post("/narrow", `Depth ${depth}`, under);
  for (const width of [320, 390, 768, 1280]) {
    const reader = await Reader.open(browser, { viewport: { width, height: 800 }, hasTouch: width < 500 });
    await reader.visit(service.origin, { attributes: 'page="/narrow"' });
    await reader.card("A long word").waitFor();
    const [inside, room] = await reader.page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(inside <= room, `${inside} px in ${room} px`);
    if (width < 500) {
      const size = await reader.page.getByRole("textbox", { name: "Write a comment" }).evaluate((input) => parseFloat(getComputedStyle(input).fontSize));
      assert.ok(size >= 16, `inputs of ${size} px make phones zoom`);
    }
    await reader.close();
  }
  await robot.close();
});

test("a link to a comment leads there, however deep or far down it is", async () => {
  const robot = await Robot.open(browser, service.origin, "link robot");
  const old = await robot.post("/link", "The old one");
  const deep = await robot.post("/link", "The deep one", await robot.post("/link", "Between", old));
  for (let n = 0; n < 60; n += 1) await robot.post("/link", `Filler ${n}`);
  const reader = await Reader.open(browser);
  await reader.visit(service.origin, { attributes: 'page="/link"', hash: `#comment-${deep}` });
  const card = reader.card("The deep one");
  await card.waitFor();
  await until(() => card.evaluate((node) => node.getRootNode().activeElement === node), Boolean);
  const box = await card.boundingBox();
  assert.ok(box && box.y >= 0 && box.y < 900, JSON.stringify(box));
  await reader.page.goto("about:blank");
  await reader.visit(service.origin, { attributes: 'page="/link"', hash: "#comment-999999" });
  await reader.page.getByText("not here any more").first().waitFor();
  await reader.close();
  await robot.close();
});

test("of two threads on a page, the one that has the comment of a link shows it, and the other says nothing", async () => {
  const robot = await Robot.open(browser, service.origin, "pair robot");
  const id = await robot.post("/pair", "The linked one");
  await robot.post("/beside", "Another thread");
  const reader = await Reader.open(browser);
  let asked = 0;
  reader.page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => { asked += /"findComment"/.test(String(payload)) ? 1 : 0; }));
  await reader.visit(service.origin, { attributes: 'page="/beside"></otklik-comments><otklik-comments page="/pair"', hash: `#comment-${id}` });
  const card = reader.card("The linked one");
  await until(() => card.evaluate((node) => node.getRootNode().activeElement === node), Boolean);
  await until(() => asked, (count) => count > 0);
  // What would say it is there by then: it is loaded with every thread.
  await reader.page.waitForLoadState("networkidle");
  assert.equal(await reader.page.getByText("not here any more").count(), 0);
  await reader.close();
  await robot.close();
});

test("lists go on, in every order", async () => {
  const robot = await Robot.open(browser, service.origin, "list robot");
  for (let n = 0; n < 45; n += 1) await robot.post("/list", `Entry ${n}.`);
  for (const sort of ["newest", "oldest", "top", "controversial"]) {
    const reader = await Reader.open(browser);
    await reader.visit(service.origin, { attributes: `page="/list" sort="${sort}"` });
    const more = reader.page.getByRole("button", { name: "Show more comments" });
    for (let screen = 0; screen < 2; screen += 1) {
      const before = await reader.page.locator(".list > li").count();
      await more.click();
      await until(() => reader.page.locator(".list > li").count(), (now) => now > before);
    }
    await more.waitFor({ state: "hidden" });
    const texts = await reader.page.locator(".list > li .body > .text").allTextContents();
    assert.equal(new Set(texts).size, 45);
    if (sort === "oldest") assert.equal(texts[0], "Entry 0.");
    if (sort === "newest") assert.equal(texts[0], "Entry 44.");
    await reader.close();
  }
  await robot.close();
});
