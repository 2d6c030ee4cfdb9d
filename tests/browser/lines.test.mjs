// Lines that break: cut, silent, the service killed and started again, no line at all. Nothing is lost, nothing doubled.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Proxy } from "./kit/proxy.mjs";
import { Reader, launch, until } from "./kit/reader.mjs";
import { Service } from "./kit/service.mjs";

let service, browser;
before(async () => { [service, browser] = await Promise.all([Service.start(), launch()]); });
after(async () => { await browser?.close(); await service?.stop(); });

const texts = (reader) => reader.page.locator(".list > li > article .body > .text").allTextContents();

/** Somebody behind a line that can be broken, and somebody beside it who writes. */
async function behind(name) {
  const proxy = await Proxy.start(service.port);
  const [reader, writer] = await Promise.all([Reader.open(browser), Reader.open(browser)]);
  reader.borne = /WebSocket|ERR_|Failed to load/;
  const attributes = `page="/${name}" sort="oldest"`;
  await reader.visit(proxy.origin, { attributes });
  await writer.visit(service.origin, { attributes });
  await writer.signUp(name);
  await writer.write("Before");
  await reader.card("Before").waitFor();
  return { proxy, reader, writer };
}

test("after a cut everything that came meanwhile is there, once", async () => {
  const { proxy, reader, writer } = await behind("cut");
  proxy.mode = "refuse";
  proxy.cut();
  await reader.page.locator(".live[data-state=connecting]").waitFor();
  await writer.write("Meanwhile");
  await writer.card("Before").locator("button.like").click();
  proxy.mode = "pass";
  await reader.card("Meanwhile").waitFor();
  await until(() => reader.card("Before").locator(".like .count").textContent(), (likes) => likes === "1");
  assert.deepEqual(await texts(reader), ["Before", "Meanwhile"]);
  proxy.stop();
  await Promise.all([reader.close(), writer.close()]);
});

test("a line that went silent is found out when the reader comes back to the window", async () => {
  const { proxy, reader, writer } = await behind("silent");
  proxy.mode = "hole";
  await writer.write("Unheard");
  await writer.card("Unheard").waitFor();
  proxy.mode = "hole";
  await reader.page.evaluate(() => dispatchEvent(new Event("focus")));
  await reader.page.locator(".live[data-state=connecting]").waitFor();
  proxy.mode = "pass";
  await reader.card("Unheard").waitFor();
  assert.deepEqual(await texts(reader), ["Before", "Unheard"]);
  proxy.stop();
  await Promise.all([reader.close(), writer.close()]);
});

test("a service that is killed and started again is gone on with", async () => {
  const { proxy, reader, writer } = await behind("killed");
  writer.borne = reader.borne;
  await service.crash();
  await writer.page.locator(".live[data-state=connecting]").waitFor();
  await writer.write("Into the void");
  await writer.page.getByText("Waiting for a connection").waitFor();
  await service.run();
  for (const one of [reader, writer]) await one.card("Into the void").locator(".fate").waitFor({ state: "detached" });
  await reader.card("Into the void").waitFor();
  assert.deepEqual(await texts(reader), ["Before", "Into the void"]);
  assert.deepEqual(await texts(writer), ["Before", "Into the void"]);
  proxy.stop();
  await Promise.all([reader.close(), writer.close()]);
});

test("what was written without a line outlives a reload and is sent once", async () => {
  const { proxy, reader, writer } = await behind("offline");
  await reader.signUp("walker");
  proxy.mode = "hole";
  await reader.write("From the tunnel");
  await reader.page.getByText(/Sending|Waiting for a connection/).waitFor();
  proxy.cut();
  proxy.mode = "pass";
  await reader.visit(proxy.origin, { attributes: 'page="/offline" sort="oldest"' });
  await writer.card("From the tunnel").waitFor();
  await reader.card("From the tunnel").waitFor();
  await until(() => texts(reader), (seen) => seen.length === 2);
  assert.deepEqual(await texts(writer), ["Before", "From the tunnel"]);
  proxy.stop();
  await Promise.all([reader.close(), writer.close()]);
});

test("a banner tells of a line that stays away, and lets one try at once", async () => {
  const { proxy, reader, writer } = await behind("banner");
  proxy.mode = "refuse";
  proxy.cut();
  const banner = reader.page.locator(".banner").filter({ hasText: "No connection." });
  await banner.waitFor();
  proxy.mode = "pass";
  await reader.page.getByRole("button", { name: "Try now" }).click();
  await reader.page.locator(".live[data-state=live]").waitFor();
  await banner.waitFor({ state: "hidden" });
  proxy.stop();
  await Promise.all([reader.close(), writer.close()]);
});

test("a draft outlives a reload", async () => {
  const reader = await Reader.open(browser);
  await reader.visit(service.origin, { attributes: 'page="/draft"' });
  const box = reader.page.getByRole("textbox", { name: "Write a comment" });
  await box.fill("Half a thought");
  await reader.visit(service.origin, { attributes: 'page="/draft"' });
  assert.equal(await box.inputValue(), "Half a thought");
  await reader.close();
});
