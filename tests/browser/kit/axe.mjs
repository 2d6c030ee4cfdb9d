// What axe, which knows the rules for pages that everybody can use, says of a page.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * Fails with what axe says of the page as it stands. By `evaluate`, which no content policy holds back.
 * @param {import("playwright-core").Page} page @param {string} state
 */
export async function check(page, state) {
  await page.evaluate(`globalThis.axe ??= (() => { const module = undefined; ${AXE}; return globalThis.axe; })()`);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const told = found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target.flat().join(" ")).join(", ")}`);
  assert.deepEqual(told, [], state);
}
