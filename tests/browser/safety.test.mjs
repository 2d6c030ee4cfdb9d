// Text is text, whoever wrote it; pages of other sites come in by the window alone, and those not allowed not at all.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Host, threadPage } from "./kit/host.mjs";
import { Reader, launch, until } from "./kit/reader.mjs";
import { Robot } from "./kit/robot.mjs";
import { PASSWORD, ROOT, Service } from "./kit/service.mjs";

let service, browser;
before(async () => { [service, browser] = await Promise.all([Service.start(), launch()]); });
after(async () => { await browser?.close(); await service?.stop(); });

test("markup and code in comments stand there as text", async () => {
  const lines = (await readFile(join(ROOT, "tests/corpus/xss.txt"), "utf8")).split("\n").filter((line) => line.startsWith('"'));
  const vectors = lines.map((line) => JSON.parse(line));
  assert.ok(vectors.length >= 100);
  const robot = await Robot.open(browser, service.origin, "mallory");
  const kept = [];
  for (const vector of vectors) {
    // What the service does not take cannot come to a page.
    const answer = await robot.page.evaluate((query) => globalThis.ask(query), { type_query: "postComment", page: "/xss", comment: vector });
    if (answer.status === "success") kept.push(answer.comment.comment);
  }
  assert.ok(kept.length >= 100, `${kept.length} of ${vectors.length} are comments`);
  const reader = await Reader.open(browser);
  await reader.page.addInitScript(() => {
    for (const name of ["alert", "prompt", "confirm", "print"]) globalThis[name] = () => console.error(`${name} was called`);
  });
  await reader.visit(service.origin, { attributes: 'page="/xss" sort="oldest" limit="100"' });
  const more = reader.page.getByRole("button", { name: "Show more comments" });
  await reader.page.locator("article").first().waitFor();
  while (await more.isVisible()) {
    const before = await reader.page.locator("article").count();
    await more.click();
    await until(() => reader.page.locator("article").count(), (now) => now > before);
  }
  const seen = await reader.page.locator("article .body > .text").allTextContents();
  assert.deepEqual(seen, kept);
  const made = await reader.page.locator("otklik-comments").evaluate((element) => (
    [...element.shadowRoot.querySelectorAll(".text *, script, iframe, object, embed, link, style, base, meta, a[href^='javascript' i]")].map((node) => node.outerHTML)
  ));
  assert.deepEqual(made, []);
  await reader.close();
  await robot.close();
});

test("names like those of the language's own objects work like others", async () => {
  for (const name of ["__proto__", "constructor", "toString"]) {
    const robot = await Robot.open(browser, service.origin, name);
    await robot.post("/names", `By ${name}`);
    await robot.close();
  }
  const reader = await Reader.open(browser);
  await reader.visit(service.origin, { attributes: 'page="/names"' });
  for (const name of ["__proto__", "constructor", "toString"]) {
    await reader.card(`By ${name}`).locator(".author", { hasText: name }).waitFor();
  }
  await reader.close();
});

test("a page key may be anything, also one that looks like code", async () => {
  const reader = await Reader.open(browser);
  const key = `"><script>alert(1)</script>/%2e%2e/✓`;
  await reader.visit(service.origin, { attributes: `page="${key.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;")}"` });
  await reader.signUp("keyed");
  await reader.write("Here too");
  await reader.card("Here too").locator("button.like").waitFor();
  await reader.close();
});

test("another site signs in by a window of the service, and sees no password", async () => {
  const host = await Host.start(() => ({ html: threadPage(service.origin) }));
  const reader = await Reader.open(browser);
  await reader.page.goto(host.origin);
  await reader.page.locator(".live[data-state=live]").waitFor();
  const opening = reader.context.waitForEvent("page");
  await reader.page.getByRole("button", { name: "Sign in", exact: true }).click();
  const popup = await opening;
  assert.equal(new URL(popup.url()).origin, service.origin);
  await popup.getByText(`localhost:${host.port}`).first().waitFor();
  await popup.getByRole("button", { name: "Sign up" }).click();
  await popup.getByLabel("Name").fill("visitor");
  await popup.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await popup.locator("button.submit").click();
  await reader.page.getByRole("button", { name: "visitor: your settings" }).waitFor();
  await reader.write("From another site");
  await reader.card("From another site").locator("button.like").waitFor();
  await reader.page.reload();
  await reader.page.getByRole("button", { name: "visitor: your settings" }).waitFor();
  await reader.close();
  host.stop();
});

test("a site that is not allowed gets nothing, and its author is told why", async () => {
  const host = await Host.start(() => ({ html: threadPage(service.origin) }));
  const reader = await Reader.open(browser);
  reader.borne = /.*/;
  const said = [];
  reader.page.on("console", (message) => said.push(message.text()));
  // Loopback origins are allowed on a loopback bind; a name that only the browser knows is another site.
  await reader.context.route("http://blog.example/**", (route) => route.fulfill({ contentType: "text/html", body: threadPage(service.origin) }));
  await reader.page.goto("http://blog.example/");
  await until(async () => said.join("\n"), (text) => text.includes("server.allowed_origins"));
  await reader.page.getByText(/may not show these comments/).waitFor();
  await reader.close();
  host.stop();
});

test("the window gives no token to a site that is not allowed", async () => {
  const reader = await Reader.open(browser);
  reader.borne = /.*/;
  const opener = `<!doctype html><title>x</title><button id="open">open</button><script>
    globalThis.heard = [];
    addEventListener("message", ({ data }) => heard.push(JSON.stringify(data)));
    document.querySelector("#open").onclick = () => {
      const popup = open("${service.origin}/sign-in");
      setInterval(() => { for (const kind of ["hello", "otklik", "ready"]) popup.postMessage({ otklik: kind, type: kind }, "*"); }, 100);
    };
  </script>`;
  await reader.context.route("http://evil.example/**", (route) => route.fulfill({ contentType: "text/html", body: opener }));
  await reader.page.goto("http://evil.example/");
  const opening = reader.context.waitForEvent("page");
  await reader.page.click("#open");
  const popup = await opening;
  await popup.waitForLoadState("networkidle");
  assert.equal(await popup.locator("input[type=password]").count(), 0, "it does not even ask");
  const heard = await reader.page.evaluate(() => globalThis.heard);
  assert.ok(heard.every((data) => !data.includes("token")), heard.join("\n"));
  await reader.close();
});
