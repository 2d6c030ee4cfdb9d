// Language: sentences of one locale, plurals, numbers, times.

/** @import first from "../locales/en.js" */
/** @import later from "../locales/en.later.js" */
/** @import { Refusal } from "../index.js" */
/** @typedef {typeof first & typeof later} Table */
/** @typedef {keyof Table} Key */
/** @typedef {{ n?: number, name?: string, site?: string, at?: string }} Values */

// What is needed from the start, and the rest. Written out, so that bundlers see what there is.
const LOCALES = {
  en: [() => import("../locales/en.js"), () => import("../locales/en.later.js")],
  ru: [() => import("../locales/ru.js"), () => import("../locales/ru.later.js")],
};

/** Seconds of a unit of time, largest first. */
const UNITS = /** @type {const} */ ([
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
]);

/** Below this many seconds a comment was written "just now". */
const JUST_NOW_S = 45;

/**
 * The words for a language tag; English where there is no such locale, or where it cannot be loaded: comments are read
 * without words, too.
 * @param {string} tag
 * @returns {Promise<Words>}
 */
export async function loadWords(tag) {
  const locale = /^ru\b/i.test(tag) ? "ru" : "en";
  // "en-GB" writes dates in its own way.
  const words = new Words(locale, /^en-\w\w$/.test(tag) ? tag : locale);
  try {
    await words.load(0);
  } catch {
    if (locale !== "en") return loadWords("en");
  }
  return words;
}

export class Words {
  #locale;
  #plural;
  #number;
  #ago;
  #date;
  /** @type {Partial<Record<string, string | Record<string, string>>>} */
  #table = {};

  /**
   * @param {keyof typeof LOCALES} locale
   * @param {string} lang
   */
  constructor(locale, lang) {
    this.lang = lang;
    this.#locale = locale;
    this.#plural = new Intl.PluralRules(lang);
    this.#number = new Intl.NumberFormat(lang);
    this.#ago = new Intl.RelativeTimeFormat(lang);
    this.#date = new Intl.DateTimeFormat(lang, { dateStyle: "long", timeStyle: "short" });
  }

  /** Loads what is needed from the start (0), or the rest (1). @param {0 | 1} part */
  async load(part) {
    Object.assign(this.#table, (await LOCALES[this.#locale][part]?.())?.default);
  }

  /**
   * @param {Key} key
   * @param {Values} [values]
   * @returns {string}
   */
  t = (key, values = {}) => {
    const entry = this.#table[key] ?? "";
    const text = typeof entry === "string" ? entry : entry[this.#plural.select(values.n ?? 0)] ?? "";
    return text.replace(/\{(n|name|site|at)\}/g, (_, /** @type {keyof Values} */ name) => {
      const value = values[name] ?? "";
      return typeof value === "number" ? this.number(value) : value;
    });
  };

  /** Whether there is a sentence of that name. @param {string} key @returns {key is Key} */
  has(key) {
    return key in this.#table;
  }

  /** @param {number} n */
  number(n) {
    return this.#number.format(n);
  }

  /** @param {string} date */
  date(date) {
    return this.#date.format(new Date(date));
  }

  /**
   * How long ago, in the largest unit that fits.
   * @param {number} ms
   */
  ago(ms) {
    const seconds = ms / 1_000;
    if (seconds < JUST_NOW_S) return this.t("just_now");
    const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? UNITS[5];
    return this.#ago.format(-Math.max(1, Math.floor(seconds / size)), unit);
  }

  /**
   * Why something was refused, as a sentence: one's own by the code, or else the server's.
   * @param {Refusal} refusal
   */
  why({ code, message, retry_after_ms = 0 }) {
    const key = `why_${code}`;
    const sentence = this.has(key) ? this.t(key) : message;
    return retry_after_ms >= 1_000 ? `${sentence} ${this.t("wait", { n: Math.ceil(retry_after_ms / 1_000) })}` : sentence;
  }
}
