// What a thread has once its first comments stand: words for troubles, bars that tell of them, keys, links to comments.

import { button } from "./dom.js";
import { Notices } from "./notices.js";

/** @import { View } from "./view.js" */

/** Keys that do something while the focus is inside: keys.js. */
const KEYS = /^[jkldrc?]$/;

export class Later {
  #view;
  #follow = () => void this.#followLink();

  /** @param {View} view */
  constructor(view) {
    this.#view = view;
    this.notices = new Notices(view);
    view.footer.append(button("button.plain.keys", view.t("keys"), () => this.#press("?")));
    view.section.addEventListener("keydown", (event) => this.#key(event));
    addEventListener("hashchange", this.#follow);
    this.#follow();
  }

  end() {
    this.notices.end();
    removeEventListener("hashchange", this.#follow);
  }

  /** @param {KeyboardEvent} event */
  #key({ target, key, code, ctrlKey, metaKey, altKey }) {
    if (ctrlKey || metaKey || altKey || target instanceof Element && target.closest("input, textarea, select")) return;
    // Where letters are not Latin, the place on the keyboard counts.
    const letter = /^[a-z?]$/i.test(key) ? key : code.replace("Key", "").toLowerCase();
    if (KEYS.test(letter)) void this.#press(letter);
  }

  /** @param {string} key */
  async #press(key) {
    (await import("./keys.js")).press(this.#view, key);
  }

  /** Each comment's time is a link to it. */
  async #followLink() {
    const [, id] = /^#comment-(\d+)$/.exec(location.hash) ?? [];
    if (id) await (await import("./link.js")).reveal(this.#view, Number(id));
  }
}
