// Readers in a real browser, each with a storage of its own, and what each is watched for: no error, no violation of a
// content policy, nothing that a page of ours should not say.

import { chromium } from "playwright-core";

import { THREAD_CSS, threadPage } from "./host.mjs";
import { PASSWORD } from "./service.mjs";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
  // Pages that a test hands to the browser itself have no address, and would not be let to this machine's.
  "--disable-features=LocalNetworkAccessChecks",
];

/** The strictest policy that the element promises to live under. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types 'none'";

/** @param {string[]} [more] flags beside those of every test */
export const launch = (more = []) => chromium.launch({ executablePath: "/usr/bin/chromium", args: [...FLAGS, ...more] });

export class Reader {
  faults = [];
  /** What may stand in the console: a test that cuts lines expects failed requests. @type {RegExp | null} */
  borne = null;

  /** @param {import("playwright-core").Browser} browser @param {import("playwright-core").BrowserContextOptions} [options] */
  static async open(browser, options = {}) {
    const reader = new Reader();
    reader.context = await browser.newContext({ viewport: { width: 900, height: 900 }, ...options });
    reader.context.setDefaultTimeout(20_000);
    await reader.tab();
    return reader;
  }

  /** Another window of the same reader; the first one is `page`. */
  async tab() {
    const page = await this.context.newPage();
    this.page ??= page;
    page.on("pageerror", (error) => this.faults.push(`error: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error" && !this.borne?.test(message.text())) this.faults.push(`console: ${message.text()}`);
    });
    await page.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    });
    return page;
  }

  /**
   * Opens a page with one thread, of the service's own origin, under the strict policy.
   * @param {string} origin
   * @param {{ attributes?: string, lang?: string, hash?: string, page?: import("playwright-core").Page }} [how]
   */
  async visit(origin, { attributes, lang, hash = "", page = this.page } = {}) {
    await this.context.route(`${origin}/thread`, (route) => route.fulfill({
      contentType: "text/html", headers: { "content-security-policy": POLICY }, body: threadPage("", attributes, lang, '<link rel="stylesheet" href="/thread.css">'),
    }));
    await this.context.route(`${origin}/thread.css`, (route) => route.fulfill({ contentType: "text/css", body: THREAD_CSS }));
    await page.goto(`${origin}/thread${hash}`);
    await page.locator(".live[data-state=live]").first().waitFor();
    return page;
  }

  /** Signs up by the element's own dialog. @param {string} name @param {import("playwright-core").Page} [page] */
  async signUp(name, page = this.page) {
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: /sign up|create/i }).first().click();
    await dialog.getByLabel("Name").fill(name);
    await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await dialog.locator("button.submit").click();
    await page.getByRole("button", { name: `${name}: your settings` }).waitFor();
  }

  /** Writes a comment in the box at the top. @param {string} text @param {import("playwright-core").Page} [page] */
  async write(text, page = this.page) {
    const box = page.getByRole("textbox", { name: "Write a comment" });
    await box.fill(text);
    await page.getByRole("button", { name: "Post", exact: true }).click();
  }

  /** The card of the comment with this text. @param {string | RegExp} text @param {import("playwright-core").Page} [page] */
  card(text, page = this.page) {
    return page.getByRole("article").filter({ has: page.locator(".body > .text", { hasText: text }) });
  }

  async close() {
    await this.context.close();
    if (this.faults.length) throw new Error(`the page had faults:\n${this.faults.join("\n")}`);
  }
}

/** Waits until something holds; says what it was last where it gives up. @template T @param {() => Promise<T>} look @param {(seen: T) => boolean} good */
export async function until(look, good, wait_ms = 20_000) {
  const end_ms = Date.now() + wait_ms;
  for (;;) {
    const seen = await look();
    if (good(seen)) return seen;
    if (Date.now() > end_ms) throw new Error(`it never came; at last it was ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
