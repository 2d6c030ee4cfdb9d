// The element's pure parts: the two languages, plurals, relative times, sentences for refusals.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import en from "../../static/otklik/locales/en.js";
import en_later from "../../static/otklik/locales/en.later.js";
import ru from "../../static/otklik/locales/ru.js";
import ru_later from "../../static/otklik/locales/ru.later.js";
import { loadWords } from "../../static/otklik/element/words.js";

const LOCALES = { en: [en, en_later], ru: [ru, ru_later] };

const wordsIn = async (tag) => {
  const words = await loadWords(tag);
  await words.load(1);
  return words;
};

test("both languages say the same things, at the same time", () => {
  for (const part of [0, 1]) assert.deepEqual(Object.keys(LOCALES.ru[part]), Object.keys(LOCALES.en[part]));
  const twice = Object.keys(en).filter((key) => key in en_later);
  assert.deepEqual(twice, [], "no key stands in both parts");
});

test("what depends on a number has a form for every plural category of its language", () => {
  for (const [locale, parts] of Object.entries(LOCALES)) {
    const categories = new Intl.PluralRules(locale).resolvedOptions().pluralCategories.toSorted();
    const table = { ...parts[0], ...parts[1] };
    for (const [key, entry] of Object.entries(table)) {
      const other = { ...en, ...en_later }[key];
      assert.equal(typeof entry, typeof other, `${locale}: ${key}`);
      if (typeof entry === "object") assert.deepEqual(Object.keys(entry).toSorted(), categories, `${locale}: ${key}`);
    }
  }
});

test("both languages fill in the same places", () => {
  const places = (entry) => [...new Set(JSON.stringify(entry).match(/\{\w+\}/g))].toSorted();
  for (const part of [0, 1]) {
    for (const [key, entry] of Object.entries(LOCALES.en[part])) assert.deepEqual(places(LOCALES.ru[part][key]), places(entry), key);
  }
});

test("every code of the protocol has a sentence, and so have the client's own", async () => {
  const protocol = await readFile(new URL("../../docs/protocol.md", import.meta.url), "utf8");
  const table = protocol.slice(protocol.indexOf("| code | when | retry |"), protocol.indexOf("\nNames: "));
  const rows = table.split("\n").filter((row) => row.startsWith("| `"));
  const codes = rows.flatMap((row) => [...row.split("|")[1].matchAll(/`(\w+)`/g)].map(([, code]) => code));
  assert.ok(codes.length > 20, `found ${codes}`);
  for (const code of [...codes, "cut", "offline"]) assert.ok(`why_${code}` in en_later || `why_${code}` in en, code);
});

test("every reason of a sign-out has a sentence", async () => {
  const protocol = await readFile(new URL("../../docs/protocol.md", import.meta.url), "utf8");
  const [, reasons] = /"push":"signedOut","reason":([^}]*)\}/.exec(protocol);
  for (const [, reason] of reasons.matchAll(/"(\w+)"/g)) assert.ok(`out_${reason}` in en_later, reason);
});

test("Russian counts as Russians do", async () => {
  const { t } = await wordsIn("ru-RU");
  const count = (n) => t("comments", { n });
  assert.deepEqual([1, 2, 5, 11, 21, 22, 25, 111, 1001].map(count), [
    "1 комментарий", "2 комментария", "5 комментариев", "11 комментариев", "21 комментарий",
    "22 комментария", "25 комментариев", "111 комментариев", "1\u00a0001 комментарий",
  ]);
});

test("English counts, and names a button with its count", async () => {
  const { t } = await wordsIn("en-GB");
  assert.equal(t("comments", { n: 1 }), "1 comment");
  assert.equal(t("comments", { n: 1234 }), "1,234 comments");
  assert.equal(t("like_count", { n: 12 }), "Like, 12 likes");
  assert.equal(t("like_count", { n: 1 }), "Like, 1 like");
});

test("a language that is not there is English, and nothing that a page may have as its language throws", async () => {
  for (const tag of ["", "de", "fr-CA", "xx", "x-klingon", "not a tag", "en-", "RU"]) {
    const words = await loadWords(tag);
    assert.equal(words.lang, tag === "RU" ? "ru" : "en", tag);
  }
});

test("how long ago, in the largest unit that fits", async () => {
  const { words, russian } = { words: await wordsIn("en"), russian: await wordsIn("ru") };
  const ago = (seconds) => words.ago(seconds * 1_000);
  assert.equal(ago(-5), "just now", "a clock that is behind");
  assert.equal(ago(44), "just now");
  assert.equal(ago(45), "1 minute ago");
  assert.equal(ago(119), "1 minute ago");
  assert.equal(ago(59 * 60 + 59), "59 minutes ago");
  assert.equal(ago(3_600), "1 hour ago");
  assert.equal(ago(25 * 3_600), "1 day ago");
  assert.equal(ago(8 * 86_400), "1 week ago");
  assert.equal(ago(400 * 86_400), "1 year ago");
  assert.equal(russian.ago(5 * 60_000), "5 минут назад");
});

test("a refusal is told by its code, with how long to wait; an unknown one in the server's words", async () => {
  const words = await wordsIn("en");
  const refusal = (code, more = {}) => words.why({ code, message: "In the server's words.", retry: false, ...more });
  assert.equal(refusal("page_locked"), "Comments are closed on this page.");
  assert.equal(refusal("rate_limited", { retry_after_ms: 1_200 }), "That was too fast. Please wait 2 seconds.");
  assert.equal(refusal("of_a_later_version"), "In the server's words.");
});

test("what people wrote cannot become part of a sentence's form", async () => {
  const { t } = await wordsIn("en");
  assert.equal(t("reply_to", { name: "{n} $& {name}" }), "Reply to {n} $& {name}");
});
