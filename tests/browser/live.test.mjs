// What one reader does, the others see, at once and as it is.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Reader, launch, until } from "./kit/reader.mjs";
import { PASSWORD, Service } from "./kit/service.mjs";

let service, browser;
before(async () => { [service, browser] = await Promise.all([Service.start(), launch()]); });
after(async () => { await browser?.close(); await service?.stop(); });

/** Two readers of one page, the first one signed in. */
async function two(name, page = `/${name}`) {
  const [one, other] = await Promise.all([Reader.open(browser), Reader.open(browser)]);
  const attributes = `page="${page}"`;
  await Promise.all([one.visit(service.origin, { attributes }), other.visit(service.origin, { attributes })]);
  await one.signUp(name);
  return [one, other];
}

const like = (card) => card.locator("button.like").first();
const counts = async (card) => (await card.locator(".count").allTextContents()).slice(0, 2).map(Number);

test("comments, replies, edits, deletions and likes are seen by the other", async () => {
  const [alice, bob] = await two("alice");
  await alice.write("A first word");
  await bob.card("A first word").waitFor();
  await bob.signUp("bob");
  await bob.card("A first word").getByRole("button", { name: "Reply", exact: true }).click();
  await bob.page.getByRole("textbox", { name: "Reply to alice" }).fill("An answer");
  await bob.page.locator(".body form button.post").click();
  await bob.card("An answer").waitFor();
  await alice.card("An answer").or(alice.page.getByRole("button", { name: "1 new reply" })).first().waitFor();
  const fresh = alice.page.getByRole("button", { name: "1 new reply" });
  if (await fresh.isVisible()) await fresh.click();
  await like(alice.card("An answer")).click();
  await until(() => counts(bob.card("An answer")), ([likes]) => likes === 1);
  assert.equal(await like(alice.card("An answer")).getAttribute("aria-pressed"), "true");
  assert.equal(await like(bob.card("An answer")).getAttribute("aria-pressed"), "false");
  await alice.card("A first word").getByRole("button", { name: "Edit", exact: true }).first().click();
  await alice.page.getByRole("textbox", { name: "Edit your comment" }).fill("A better word");
  await alice.page.getByRole("button", { name: "Save" }).click();
  await bob.card("A better word").waitFor();
  await alice.card("A better word").getByRole("button", { name: "Delete", exact: true }).first().click();
  await alice.page.getByRole("group", { name: "Delete this comment?" }).getByRole("button", { name: "Delete" }).click();
  for (const reader of [alice, bob]) await reader.card("This comment was deleted.").waitFor();
  await alice.close();
  await bob.close();
});

test("new comments of others wait in a pill, and never move what is read", async () => {
  const [carol, dave] = await two("carol");
  await carol.write("One");
  await dave.card("One").waitFor();
  await carol.write("Two");
  await carol.write("Three");
  const pill = dave.page.getByRole("button", { name: "2 new comments" });
  await pill.waitFor();
  assert.equal(await dave.card("Two").count(), 0);
  await pill.click();
  await dave.card("Three").waitFor();
  assert.deepEqual(await dave.page.locator(".list > li .body > .text").allTextContents(), ["Three", "Two", "One"]);
  await carol.close();
  await dave.close();
});

test("one user in two windows agrees with themselves", async () => {
  const [erin, other] = await two("erin");
  await other.close();
  await erin.write("Mine");
  await erin.card("Mine").locator(".fate").waitFor({ state: "detached" });
  const second = await erin.tab();
  await erin.visit(service.origin, { attributes: 'page="/erin"', page: second });
  await second.getByRole("button", { name: "erin: your settings" }).waitFor();
  await like(erin.card("Mine")).click();
  await until(() => like(erin.card("Mine", second)).getAttribute("aria-pressed"), (pressed) => pressed === "true");
  await erin.card("Mine", second).locator("button.dislike").click();
  await until(() => like(erin.card("Mine")).getAttribute("aria-pressed"), (pressed) => pressed === "false");
  assert.deepEqual(await until(() => counts(erin.card("Mine")), ([likes, dislikes]) => !likes && dislikes === 1), [0, 1]);
  await erin.page.getByRole("button", { name: "erin: your settings" }).click();
  await erin.page.getByRole("button", { name: "Sign out", exact: true }).or(erin.page.getByRole("menuitem", { name: "Sign out", exact: true })).first().click();
  await second.getByRole("button", { name: "Sign in", exact: true }).waitFor();
  await erin.close();
});

test("twenty quick toggles end as the last one says, for everybody", async () => {
  const [frank, grace] = await two("frank");
  await frank.write("Toggle me");
  const [mine, theirs] = [frank.card("Toggle me"), grace.card("Toggle me")];
  await theirs.waitFor();
  for (let n = 0; n < 21; n += 1) await like(mine).click({ noWaitAfter: true });
  await until(() => counts(theirs), ([likes]) => likes === 1);
  await until(() => like(mine).getAttribute("aria-pressed"), (pressed) => pressed === "true");
  await like(mine).click();
  await until(() => counts(theirs), ([likes]) => likes === 0);
  assert.deepEqual(await until(() => counts(mine), ([likes]) => likes === 0), [0, 0]);
  // Twice within one frame, before anything is painted.
  await like(mine).evaluate((button) => { for (const _ of [1, 2, 3]) button.click(); });
  await until(() => counts(theirs), ([likes]) => likes === 1);
  await like(mine).evaluate((button) => { for (const _ of [1, 2]) button.click(); });
  await until(async () => [await like(mine).getAttribute("aria-pressed"), await counts(mine)].join(), (seen) => seen === "true,1,0");
  await frank.write("And that was all");
  await grace.page.getByRole("button", { name: "1 new comment" }).waitFor();
  assert.deepEqual(await counts(theirs), [1, 0]);
  await frank.close();
  await grace.close();
});

test("who is banned is told, and what they wished is not done", async () => {
  const [heidi, ivan] = await two("heidi");
  await heidi.write("Doomed");
  await ivan.card("Doomed").waitFor();
  await ivan.signUp("ivan");
  await service.command(["user", "ban", "ivan"]);
  await ivan.page.getByText("You may not sign in at present.").first().waitFor();
  await ivan.card("Doomed").locator("button.like").click();
  await ivan.page.getByRole("dialog").getByLabel("Name").fill("ivan");
  await ivan.page.getByRole("dialog").getByLabel("Password", { exact: true }).fill(PASSWORD);
  await ivan.page.getByRole("dialog").locator("button.submit").click();
  await ivan.page.getByText("The name or the password is wrong.").waitFor();
  assert.deepEqual(await counts(ivan.card("Doomed")), [0, 0]);
  await heidi.close();
  await ivan.close();
});

test("a like above the rate goes back where it was", async () => {
  const strict = await Service.start({ limits: { reactions_per_min: 1 } });
  const judy = await Reader.open(browser);
  await judy.visit(strict.origin);
  await judy.signUp("judy");
  await judy.write("Once");
  await judy.write("Twice");
  await like(judy.card("Once")).click();
  await until(() => counts(judy.card("Once")), ([likes]) => likes === 1);
  await like(judy.card("Twice")).click();
  await judy.card("Twice").locator(".why").filter({ hasText: "too fast" }).waitFor();
  assert.deepEqual(await counts(judy.card("Twice")), [0, 0]);
  assert.equal(await like(judy.card("Twice")).getAttribute("aria-pressed"), "false");
  await judy.close();
  await strict.stop();
});
