// How fast it feels, in a real browser: `node benches/browser.mjs [--quick] [--page=N]`, after `cargo build --release` and
// `npm ci` in tests/browser. Figures in milliseconds, as they come; nothing is asserted. `--page=8` runs the page alone,
// eight times: a single worst interaction says little.
//
//   like        from the click on one screen to the number on the other
//   own like    from the click to the number on one's own screen
//   page        a page of 1,000 comments at a fourth of the processor's speed: largest contentful paint, the worst
//               interaction (a like, opening a reply, typing; besides, "Show more" nine times), layout shift

import { Reader, launch } from "../tests/browser/kit/reader.mjs";
import { Robot } from "../tests/browser/kit/robot.mjs";
import { Service } from "../tests/browser/kit/service.mjs";

const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 20 : 100;
/** How long a key or a button is held, and until the next key (ms): a fast typist's. Without, events that nobody makes so
 * fast wait for one another, and that is what would be measured. */
const KEY_MS = 80;
const [, pages] = /--page=(\d+)/.exec(process.argv.join(" ")) ?? [];

const [service, browser] = await Promise.all([Service.start({}, "target/release/otklik"), launch()]);

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
function tell(name, values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [p50, p95, most] = [at(sorted, 0.5), at(sorted, 0.95), sorted.at(-1)].map((ms) => ms.toFixed(0).padStart(7));
  console.log(`${name.padEnd(34)}${p50}${p95}${most}`);
}

/** Put into each page: `likesAt` gives the time at which the first card's likes are `wanted`, asked at every frame. */
const tools = () => {
  const first = (part) => document.querySelector("otklik-comments").shadowRoot.querySelector(`article ${part}`);
  globalThis.likesAt = (wanted) => new Promise((resolve) => {
    const look = () => {
      if (first(".like .count").textContent === wanted) resolve(Date.now());
      else requestAnimationFrame(look);
    };
    look();
  });
  globalThis.like = async (wanted) => {
    const began = Date.now();
    first("button.like").click();
    return [began, await globalThis.likesAt(wanted)];
  };
};

async function screens() {
  const [one, other] = await Promise.all([Reader.open(browser), Reader.open(browser)]);
  await Promise.all([one.page.addInitScript(tools), other.page.addInitScript(tools)]);
  await Promise.all([one.visit(service.origin), other.visit(service.origin)]);
  await one.signUp("bench");
  await one.write("The comment");
  await Promise.all([one, other].map((reader) => reader.card("The comment").locator("button.like").waitFor()));
  const [likes, own] = [[], []];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const wanted = `${round % 2}`;
    const seen = other.page.evaluate((wanted) => globalThis.likesAt(wanted), wanted);
    const [began, shown] = await one.page.evaluate((wanted) => globalThis.like(wanted), wanted);
    own.push(shown - began);
    likes.push(await seen - began);
    // The first change after a quiet moment goes out at once; that is measured, not the gathering.
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  tell("like, on the other screen", likes);
  tell("like, on one's own", own);
  await Promise.all([one.close(), other.close()]);
}

/** Put into the page of 1,000: what the browser says of it, and where something is on the screen, without looking through
 * the page by roles as a test would: at a fourth of the speed that itself would keep clicks waiting. */
const watching = () => {
  globalThis.seen = { paint: 0, shift: 0, interaction: 0 };
  const watch = (type, take, more) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
  watch("largest-contentful-paint", ({ startTime }) => { globalThis.seen.paint = startTime; });
  watch("layout-shift", ({ value, hadRecentInput }) => { if (!hadRecentInput) globalThis.seen.shift += value; });
  const take = ({ duration, interactionId }) => { if (interactionId) globalThis.seen.interaction = Math.max(globalThis.seen.interaction, duration); };
  watch("event", take, { durationThreshold: 16 });
  globalThis.part = (selector) => document.querySelector("otklik-comments").shadowRoot.querySelector(selector);
  globalThis.cards = () => document.querySelector("otklik-comments").shadowRoot.querySelectorAll(".list > li").length;
  // A person looks first.
  globalThis.person = () => new Promise((resolve) => setTimeout(resolve, 300));
  globalThis.place = async (selector) => {
    const node = globalThis.part(selector);
    node.scrollIntoView({ block: "center" });
    await globalThis.person();
    const { x, y, width, height } = node.getBoundingClientRect();
    return [x + width / 2, y + height / 2];
  };
};

async function fill() {
  const robot = await Robot.open(browser, service.origin, "filler");
  for (let n = 0; n < 1_000; n += 1) await robot.post("/long", `Comment ${n}: some words about the weather, the bridge, and the price of tea.`);
  await robot.close();
  return robot;
}

async function page(robot) {
  const reader = await Reader.open(browser);
  const session = await reader.context.newCDPSession(reader.page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await reader.context.addInitScript((token) => localStorage.setItem(`otklik ${location.origin} token`, token), robot.token);
  await reader.page.addInitScript(watching);
  await reader.visit(service.origin, { attributes: 'page="/long" limit="100"' });
  const click = async (selector) => {
    const at = await reader.page.evaluate((selector) => globalThis.place(selector), selector);
    await reader.page.mouse.click(...at, { delay: KEY_MS });
  };
  const { page } = reader;
  for (let held = 100; held < 1_000; held += 100) {
    await page.waitForFunction((n) => globalThis.cards() === n, held);
    await click(".more");
  }
  await page.waitForFunction(() => globalThis.cards() === 1_000);
  const { interaction: unrolling } = await page.evaluate(() => ({ ...globalThis.seen, at: globalThis.seen.interaction = 0 }));
  // Where it was liked in the run before, it is taken back.
  const likes = () => globalThis.part("li:nth-child(500) .like .count").textContent;
  const before = await page.evaluate(likes);
  await click("li:nth-child(500) button.like");
  await page.waitForFunction((before) => globalThis.part("li:nth-child(500) .like .count").textContent !== before, before);
  await click("li:nth-child(500) button.reply");
  await page.evaluate(() => globalThis.person());
  await page.keyboard.type("Some more words about tea.", { delay: KEY_MS });
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !globalThis.part(".body > form"));
  const { paint, shift, interaction } = await page.evaluate(() => globalThis.seen);
  console.log(`\n1,000 comments, a fourth of the speed: largest paint ${paint.toFixed(0)} ms (goal 1,200), worst interaction ` +
    `${interaction} ms (goal 100), ${unrolling} ms while unrolling, shift ${shift.toFixed(4)} (goal 0.005)`);
  await reader.close();
}

if (!pages) console.log(`${"ms".padEnd(34)}${["p50", "p95", "most"].map((name) => name.padStart(7)).join("")}`);
if (!pages) await screens();
const robot = await fill();
for (let run = 0; run < Number(pages ?? 1); run += 1) await page(robot);
await browser.close();
await service.stop();
