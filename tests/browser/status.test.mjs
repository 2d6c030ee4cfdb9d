// The operator's page: live, for everybody who may look, and for nobody else.

import assert from "node:assert/strict";
import { test } from "node:test";

import { check } from "./kit/axe.mjs";
import { Reader, launch, until } from "./kit/reader.mjs";
import { Robot } from "./kit/robot.mjs";
import { PASSWORD, Service } from "./kit/service.mjs";

/** A test with a service of its own, so that nobody else is counted. @param {(service: Service, browser: any) => Promise<void>} body */
const alone = (body, config = {}, flags = []) => async () => {
  const [service, browser] = await Promise.all([Service.start(config), launch(flags)]);
  try {
    await body(service, browser);
  } finally {
    await browser.close();
    await service.stop();
  }
};

/** The chart with this title. @param {import("playwright-core").Page} page @param {string} title */
const chart = (page, title) => page.locator("article").filter({ has: page.getByRole("heading", { name: title, exact: true }) });

/** Waits until a chart's number is this. */
const shows = (page, title, number) => until(() => chart(page, title).locator(".value").textContent(), (seen) => seen === number);

/** What the page with the most viewers is, and how many they are. */
const first_page = (page) => page.locator("#pages tr").first().locator("td").allTextContents();

for (const colorScheme of ["light", "dark"]) {
  test(`readers come and go before the operator's eyes (${colorScheme})`, alone(async (service, browser) => {
    const operator = await Reader.open(browser, { colorScheme });
    const { page } = operator;
    await page.goto(`${service.origin}/status`);
    await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
    await shows(page, "Sessions", "1");
    await shows(page, "Viewers", "0");
    await page.getByText("Nobody is reading just now.").waitFor();
    await check(page, "nobody");
    const readers = [];
    for (const [sessions, viewers] of [["2", "1"], ["3", "2"]]) {
      const reader = await Reader.open(browser);
      readers.push(reader);
      await reader.visit(service.origin, { attributes: 'page="/seen"' });
      await shows(page, "Sessions", sessions);
      await shows(page, "Viewers", viewers);
      await until(() => first_page(page), ([key, count]) => key === "/seen" && count === viewers);
    }
    const robot = await Robot.open(browser, service.origin, "robot");
    await robot.react(await robot.post("/seen", "Look"), "like");
    // A number that is above nothing for a second stays in the line and in what was the most.
    await until(() => chart(page, "Reactions a second").locator(".most").textContent(), (most) => !/^most 0\b/.test(most));
    for (const title of ["Sessions", "Viewers"]) {
      const line = await chart(page, title).locator(".picture path").first().getAttribute("d");
      const heights = new Set([...line.matchAll(/,([\d.]+)/g)].map(([, height]) => height));
      assert.ok(line.includes("L") && heights.size >= 3, `${title}: a line of several heights: ${line}`);
    }
    await check(page, "two readers");
    await readers[0].close();
    await shows(page, "Viewers", "1");
    await Promise.all([readers[1].close(), robot.close()]);
    await shows(page, "Sessions", "1");
    await page.getByText("Nobody is reading just now.").waitFor();
    await operator.close();
  }));
}

test("elsewhere an admin signs in, and nobody else", alone(async (service, browser) => {
  await service.command(["user", "add", "root", "--role", "admin"], PASSWORD);
  await service.command(["user", "add", "alice"], PASSWORD);
  const reader = await Reader.open(browser);
  const { page } = reader;
  await page.goto(`${service.origin}/status`);
  const form = page.locator("#sign-in");
  await form.waitFor();
  await check(page, "signing in");
  for (const [name, board] of [["alice", false], ["root", true]]) {
    await form.getByLabel("Name").fill(name);
    await form.getByLabel("Password").fill(PASSWORD);
    await form.getByRole("button", { name: "Sign in" }).click();
    if (board) await shows(page, "Sessions", "1");
    else await form.getByRole("alert").getByText("This user is no admin.").waitFor();
  }
  await page.reload();
  await shows(page, "Sessions", "1");
  await reader.close();
}, { metrics: { allowed: "[]" } }));

// `evil.example` resolves to this machine, which is all that DNS rebinding takes. That every page may connect is the worst case.
test("a page that had its name turned to this machine sees nothing", alone(async (service, browser) => {
  const reader = await Reader.open(browser);
  const { page } = reader;
  reader.borne = /403/;
  await page.goto(`http://evil.example:${service.port}/status`);
  await page.locator("#sign-in").waitFor();
  assert.equal(await page.locator("#board").isVisible(), false);
  const metrics = await page.evaluate(async () => {
    const answer = await fetch("/metrics");
    return [answer.status, await answer.text()];
  });
  assert.equal(metrics[0], 403);
  assert.doesNotMatch(metrics[1], /otklik_/);
  await page.goto(`http://localhost:${service.port}/status`);
  await shows(page, "Sessions", "1");
  await reader.close();
}, { server: { allowed_origins: '["*"]' } }, ["--host-resolver-rules=MAP evil.example 127.0.0.1"]));
