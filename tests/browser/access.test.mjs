// For everybody: axe finds nothing in any state, light and dark, in both languages; and the keyboard is enough.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { check } from "./kit/axe.mjs";
import { Reader, launch, until } from "./kit/reader.mjs";
import { Robot } from "./kit/robot.mjs";
import { PASSWORD, Service } from "./kit/service.mjs";

let service, browser, robot, comment;
before(async () => {
  [service, browser] = await Promise.all([Service.start(), launch()]);
  robot = await Robot.open(browser, service.origin, "robot");
  comment = await robot.post("/a", "A comment");
  await robot.post("/a", "A reply", comment);
  await robot.react(comment, "like");
  const gone = await robot.post("/a", "Gone");
  await robot.post("/a", "Under what is gone", gone);
  await robot.ask("deleteComment", { comment_id: gone });
});
after(async () => { await browser?.close(); await service?.stop(); });

for (const lang of ["en", "ru"]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`axe finds nothing (${lang}, ${colorScheme})`, async () => {
      const reader = await Reader.open(browser, { colorScheme });
      const { page } = reader;
      await reader.visit(service.origin, { attributes: 'page="/nobody"', lang });
      await check(page, "empty");
      await reader.visit(service.origin, { attributes: 'page="/a"', lang });
      await reader.card("A comment").waitFor();
      await page.waitForLoadState("networkidle");
      await check(page, "a thread");
      await page.locator("button.sign-in").click();
      await page.getByRole("dialog").waitFor();
      await check(page, "signing in");
      await page.getByRole("dialog").locator("button.submit").click();
      await check(page, "fields that are missing");
      await page.getByRole("dialog").locator("button.other").click();
      await page.locator("input[name=img]").waitFor();
      await check(page, "signing up");
      const name = `axe ${lang} ${colorScheme}`;
      await page.locator("input[name=username]").fill(name);
      await page.locator("input[name=password]").fill(PASSWORD);
      await page.getByRole("dialog").locator("button.submit").click();
      await page.locator("button.user").click();
      await page.locator(".menu").waitFor();
      await check(page, "the user's menu");
      await page.keyboard.press("Escape");
      await page.locator("textarea").first().fill("One of mine");
      await page.locator("button.post").first().click();
      const own = reader.card("One of mine");
      await own.locator("button.delete").click();
      await check(page, "a question");
      await page.locator("button.keep").click();
      await own.locator("button.edit").click();
      await check(page, "an edit");
      await page.keyboard.press("Escape");
      await robot.post("/a", `For the pill ${name}`);
      await page.locator("button.pill").waitFor();
      await check(page, "new comments");
      await page.locator("article").first().focus();
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
      await check(page, "the keys");
      await reader.close();
    });
  }
}

test("the keyboard is enough: sign up, write, like, reply, delete", async () => {
  const reader = await Reader.open(browser);
  const { page } = reader;
  await reader.visit(service.origin, { attributes: 'page="/keys"' });
  const press = (key) => page.keyboard.press(key);
  const focused = () => page.evaluate(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at?.getAttribute("aria-label") ?? at?.textContent ?? "";
  });
  const tabTo = (name) => until(async () => { await press("Tab"); return focused(); }, (at) => at === name);
  await tabTo("Sign in");
  await press("Enter");
  await page.getByRole("dialog").waitFor();
  await tabTo("Sign up");
  await press("Enter");
  await page.locator("input[name=img]").waitFor();
  await page.locator("input[name=username]").focus();
  await page.keyboard.type("keys");
  await press("Tab");
  await page.keyboard.type(PASSWORD);
  await press("Enter");
  await page.getByRole("button", { name: "keys: your settings" }).waitFor();
  await tabTo("Write a comment");
  await page.keyboard.type("By hand");
  await press("Control+Enter");
  const card = reader.card("By hand");
  await card.locator("button.like").waitFor();
  await card.focus();
  await press("l");
  await until(() => card.locator(".like .count").first().textContent(), (likes) => likes === "1");
  await press("r");
  await until(focused, (at) => at === "Reply to keys");
  await page.keyboard.type("jkldr? are letters here");
  await press("Control+Enter");
  await reader.card("jkldr? are letters here").locator("button.like").waitFor();
  await reader.card("jkldr? are letters here").locator("button.delete").focus();
  await press("Enter");
  await until(focused, (at) => at === "Keep");
  await press("Shift+Tab");
  await press("Enter");
  await reader.card("jkldr? are letters here").waitFor({ state: "detached" });
  await reader.close();
});

test("new comments are told politely, and counts never", async () => {
  const reader = await Reader.open(browser);
  await reader.visit(service.origin, { attributes: 'page="/said"' });
  await robot.post("/said", "One");
  await reader.card("One").waitFor();
  await reader.page.waitForLoadState("networkidle");
  const said = reader.page.getByRole("status");
  const two = await robot.post("/said", "Two");
  await until(() => said.textContent(), (text) => text === "1 new comment");
  await reader.page.getByRole("button", { name: "1 new comment" }).click();
  await robot.react(two, "like");
  await until(() => reader.card("Two").locator(".like .count").textContent(), (likes) => likes === "1");
  assert.equal(await said.textContent(), "1 new comment");
  await reader.close();
});

test("Pause holds live updates back, and goes on", async () => {
  const reader = await Reader.open(browser);
  await reader.visit(service.origin, { attributes: 'page="/pause"' });
  const one = await robot.post("/pause", "One");
  await reader.card("One").waitFor();
  const pause = reader.page.getByRole("button", { name: "Pause" });
  await pause.click();
  await until(() => pause.getAttribute("aria-pressed"), (pressed) => pressed === "true");
  await robot.react(one, "like");
  await robot.post("/pause", "Two");
  // What is not shown has come all the same: another reader has it.
  const other = await Reader.open(browser);
  await other.visit(service.origin, { attributes: 'page="/pause"' });
  await other.card("Two").waitFor();
  assert.equal(await reader.card("One").locator(".like .count").textContent(), "0");
  await pause.click();
  await until(() => reader.card("One").locator(".like .count").textContent(), (likes) => likes === "1");
  await reader.page.getByRole("button", { name: "1 new comment" }).waitFor();
  await Promise.all([reader.close(), other.close()]);
});
