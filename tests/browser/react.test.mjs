// The React example against the real service: sign up, write, like, and another reader of the element sees it live.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { Reader, launch, until } from "./kit/reader.mjs";
import { PASSWORD, ROOT, Service } from "./kit/service.mjs";

const EXAMPLE = join(ROOT, "clients/react/example");
const missing = existsSync(join(EXAMPLE, "node_modules")) ? false : "the example's packages are not installed: npm ci in clients/react/example";

let service, browser, vite, address;
before(async () => {
  if (missing) return;
  [service, browser] = await Promise.all([Service.start(), launch()]);
  const environment = { ...process.env, VITE_OTKLIK_URL: `ws://127.0.0.1:${service.port}/`, NO_COLOR: "1" };
  vite = spawn(process.execPath, ["node_modules/vite/bin/vite.js", "--port", "0", "--host", "127.0.0.1"], { cwd: EXAMPLE, env: environment });
  address = await new Promise((resolve, reject) => {
    createInterface({ input: vite.stdout }).on("line", (line) => {
      const [found] = /http:\/\/127\.0\.0\.1:\d+\//.exec(line) ?? [];
      if (found) resolve(found);
    });
    vite.on("exit", (code) => reject(new Error(`vite ended with ${code}`)));
  });
});
after(async () => {
  if (vite) {
    vite.removeAllListeners("exit");
    const ended = once(vite, "exit");
    vite.kill();
    await ended;
  }
  await browser?.close();
  await service?.stop();
});

test("the example signs up, writes and likes, and is live", { skip: missing }, async () => {
  const [one, other] = await Promise.all([Reader.open(browser), Reader.open(browser)]);
  for (const reader of [one, other]) {
    await reader.page.goto(address, { timeout: 60_000 });
    await reader.page.locator(".otklik-live[data-state=live]").first().waitFor({ timeout: 60_000 });
  }
  await one.page.getByRole("button", { name: "Sign up" }).first().click();
  const dialog = one.page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("reactor");
  await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await dialog.locator("button[type=submit]").click();
  await one.page.locator(".otklik-session .otklik-name", { hasText: "reactor" }).waitFor();
  await one.page.getByRole("textbox").first().fill("Written in React");
  await one.page.locator(".otklik-composer button[type=submit]").first().click();
  const theirs = other.page.locator(".otklik-comment").filter({ hasText: "Written in React" });
  await theirs.waitFor();
  assert.match(await theirs.textContent(), /reactor/);
  await one.page.locator(".otklik-comment").filter({ hasText: "Written in React" }).locator("button.otklik-like").click();
  await until(() => theirs.locator("button.otklik-like .otklik-count").textContent(), (likes) => likes === "1");
  await Promise.all([one.close(), other.close()]);
});
