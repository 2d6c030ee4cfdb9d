// A form for the sign-in and its kin: fields with labels, what is wrong with each beside it, passwords that can be shown.

import { button, el, icon, setText } from "./dom.js";

/** @import { Result } from "../index.js" */
/** @import { Key, Words } from "./words.js" */

/**
 * @typedef {object} Field
 * @property {string} name the query's member
 * @property {Key} label
 * @property {string} [type]
 * @property {string} autocomplete how browsers and password keepers know it
 * @property {string} [hint]
 * @property {boolean} [optional]
 */
/** @typedef {Record<string, string>} Given what was filled in, by field */

const EYE = "M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10zm8 2.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z";

let made = 0;

/**
 * @param {Words} words
 * @param {Field[]} fields
 * @param {string} action
 * @param {(given: Given) => Promise<Result>} send
 * @param {() => void} done
 */
export function makeForm(words, fields, action, send, done) {
  const parts = fields.map((field) => new Part(words, field));
  const why = el("p.why", { role: "alert" });
  const submit = el("button.main.submit", {}, action);
  const form = el("form.form", { noValidate: true }, ...parts.map((part) => part.node), why, submit);
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const missing = parts.filter((part) => part.isMissing());
    for (const part of parts) part.say(missing.includes(part) ? words.t("required") : "");
    setText(why, "");
    if (missing[0]) return missing[0].input.focus();
    if (busy) return;
    busy = true;
    submit.ariaBusy = "true";
    const result = await send(Object.fromEntries(parts.map(({ name, input }) => [name, input.value])));
    busy = false;
    submit.ariaBusy = "false";
    if (result.ok) return done();
    const { refusal } = result;
    const at = parts.find((part) => part.name === refusal.member);
    if (at) at.say(words.why(refusal));
    else setText(why, words.why(refusal));
    (at ?? parts[0])?.input.focus();
  });
  return form;
}

class Part {
  /**
   * @param {Words} words
   * @param {Field} field
   */
  constructor(words, { name, label, type = "text", autocomplete, hint = "", optional = false }) {
    const id = `field-${(made += 1)}`;
    const secret = type === "password";
    this.name = name;
    this.optional = optional;
    this.why = el("p.why", { id: `${id}-why` });
    this.input = el("input.input", {
      id, name, type, autocomplete, required: !optional, autocapitalize: "none", spellcheck: false,
      "aria-describedby": `${id}-hint ${id}-why`, oninput: () => this.say(""),
    });
    const row = el("div.field-row", {}, this.input);
    if (secret) row.append(this.#eye(words));
    this.node = el("div.field", {}, el("label", { htmlFor: id }, words.t(label)), row, el("p.hint", { id: `${id}-hint` }, hint), this.why);
  }

  isMissing() {
    return !this.optional && this.input.value === "";
  }

  /** @param {string} why */
  say(why) {
    setText(this.why, why);
    this.input.ariaInvalid = `${why !== ""}`;
  }

  /** @param {Words} words */
  #eye(words) {
    const eye = button("button.eye", "", () => {
      const shown = this.input.type === "text";
      this.input.type = shown ? "password" : "text";
      eye.ariaPressed = `${!shown}`;
    }, { ariaLabel: words.t("show_password"), title: words.t("show_password"), ariaPressed: "false" });
    eye.append(icon(EYE));
    return eye;
  }
}
