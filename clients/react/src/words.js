// Sentences with numbers and names put in, and times, as the reader's language writes them. The sentences themselves
// are the element's: one table a language serves both clients.

/** @import { Refusal } from "otklik-client" */
/** @import en from "../locales/en.js" */
/** @import { WordTable } from "../index.js" */

/** @typedef {keyof typeof en} Key */

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

export class Words {
  #table;
  #plural;
  #number;
  #ago;
  #date;

  /** @param {WordTable} table
   * @param {string} locale */
  constructor(table, locale) {
    this.#table = table;
    this.#plural = new Intl.PluralRules(locale);
    this.#number = new Intl.NumberFormat(locale);
    this.#ago = new Intl.RelativeTimeFormat(locale);
    this.#date = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" });
  }

  /** @param {Key} key
   * @param {Record<string, string | number>} [values] */
  t(key, values) {
    return this.find(key, values) ?? "";
  }

  /** The same for a key that there may be no sentence for.
   * @param {string} key
   * @param {Record<string, string | number>} [values] */
  find(key, values = {}) {
    const entry = Object.hasOwn(this.#table, key) ? this.#table[key] : undefined;
    if (entry === undefined) return undefined;
    const sentence = typeof entry === "string" ? entry : entry[this.#plural.select(Number(values.n ?? 0))] ?? entry.other;
    return sentence.replace(/\{(\w+)\}/g, (hole, name) => {
      const value = values[name] ?? hole;
      return typeof value === "number" ? this.number(value) : value;
    });
  }

  /** @param {number} n */
  number(n) {
    return this.#number.format(n);
  }

  /** @param {string} date */
  date(date) {
    return this.#date.format(new Date(date));
  }

  /** How long ago, in the largest unit that fits.
   * @param {number} ms */
  ago(ms) {
    const seconds = ms / 1_000;
    if (seconds < JUST_NOW_S) return this.t("just_now");
    const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? UNITS[5];
    return this.#ago.format(-Math.max(1, Math.floor(seconds / size)), unit);
  }

  /** Why something was refused: in the reader's language where its code is known, else as the server says it.
   * @param {Refusal} refusal */
  why({ code, message, retry_after_ms = 0 }) {
    const sentence = this.find(`why_${code}`) ?? message;
    return retry_after_ms >= 1_000 ? `${sentence} ${this.t("wait", { n: Math.ceil(retry_after_ms / 1_000) })}` : sentence;
  }
}
