// Takes the pictures in docs/pictures from the real thing: `node tests/browser/pictures.mjs`, after `cargo build`.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { Reader, launch } from "./kit/reader.mjs";
import { Robot } from "./kit/robot.mjs";
import { ROOT, Service } from "./kit/service.mjs";

const FOLDER = join(ROOT, "docs/pictures");
const PAGE = "/picture";

/** The warm paper look of docs/theming.md. */
const PAPER = {
  "--otklik-accent": "light-dark(#9a3412, #fdba74)", "--otklik-on-accent": "light-dark(#fff, #3b1605)",
  "--otklik-paper": "light-dark(#fffdf8, #221d18)", "--otklik-line": "light-dark(#eadfcf, #40362c)",
  "--otklik-radius": "4px", "--otklik-font": "1rem/1.6 Georgia, serif",
};

async function fill(browser, origin) {
  const names = ["Anna", "Ben", "Chiara", "Dmitri"];
  const robots = await Promise.all(names.map((name) => Robot.open(browser, origin, name)));
  const [anna, ben, chiara, dmitri] = robots;
  const bridge = await ben.post(PAGE, "I walked over the new bridge this morning. The view down the river alone is worth the detour.");
  const lamps = await dmitri.post(PAGE, "Does anybody know whether the lamps stay on at night?", bridge);
  await anna.post(PAGE, "Until one o'clock, it says on the board at the south end.", lamps);
  const bikes = await chiara.post(PAGE, "Good that bicycles have a lane of their own now. The old one was no fun at all.");
  for (const robot of robots) await robot.react(bridge, "like");
  for (const robot of [anna, ben]) await robot.react(bikes, "like");
  await dmitri.react(bikes, "dislike");
  await anna.react(lamps, "like");
  for (const robot of robots) await robot.close();
}

async function take(browser, origin, name, { width = 760, height = 900, colorScheme = "light", look = {} } = {}) {
  const reader = await Reader.open(browser, { viewport: { width, height }, colorScheme, deviceScaleFactor: 1, reducedMotion: "reduce" });
  await reader.visit(origin, { attributes: `page="${PAGE}"` });
  await reader.card("The view down the river").waitFor();
  await reader.page.evaluate((properties) => {
    document.querySelector("h1").remove();
    const { style } = document.querySelector("otklik-comments");
    for (const [property, value] of Object.entries(properties)) style.setProperty(property, value);
  }, look);
  await reader.page.waitForLoadState("networkidle");
  await reader.page.screenshot({ path: join(FOLDER, `${name}.png`) });
  await reader.close();
}

const [service, browser] = await Promise.all([Service.start(), launch()]);
await mkdir(FOLDER, { recursive: true });
await fill(browser, service.origin);
await take(browser, service.origin, "light");
await take(browser, service.origin, "dark", { colorScheme: "dark" });
await take(browser, service.origin, "phone", { width: 390, height: 844 });
await take(browser, service.origin, "theme", { look: PAPER });

// The demo: one reader writes, the other one sees it.
const reader = await Reader.open(browser, { viewport: { width: 1200, height: 860 }, reducedMotion: "reduce" });
await reader.page.goto(service.origin);
const left = reader.page.locator("[data-reader=left]");
await left.getByRole("button", { name: "Sign in", exact: true }).click();
const dialog = reader.page.getByRole("dialog");
await dialog.getByRole("button", { name: "Sign up" }).click();
await dialog.getByLabel("Name").fill("Elena");
await dialog.getByLabel("Password", { exact: true }).fill("violet otter 47 lamp");
await dialog.locator("button.submit").click();
await left.getByRole("button", { name: "Elena: your settings" }).waitFor();
for (const text of ["Hello over there!", "Look: it is on both sides at once."]) {
  await left.getByRole("textbox", { name: "Write a comment" }).fill(text);
  await left.getByRole("button", { name: "Post", exact: true }).click();
  await left.getByText(text).waitFor();
}
const fresh = reader.page.locator("[data-reader=right]").getByRole("button", { name: "1 new comment" });
await fresh.click();
await left.locator("button.like").first().click();
await reader.page.mouse.move(0, 0);
await reader.page.waitForLoadState("networkidle");
await reader.page.screenshot({ path: join(FOLDER, "demo.png") });
await reader.close();
await browser.close();
await service.stop();
