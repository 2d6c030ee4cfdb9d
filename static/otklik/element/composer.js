// The form in which something is written: a comment, a reply, an edit. What stands in it survives a reload, a refusal
// and a sign-in, as a draft of the thread's.

import { button, el, setText } from "./dom.js";

/** @import { Result } from "../index.js" */
/** @import { View } from "./view.js" */

/**
 * @typedef {object} Writing
 * @property {string} to the draft's name: "new", "reply-7", "edit-7"
 * @property {string} label
 * @property {string} action
 * @property {(text: string) => Promise<Result>} send
 * @property {() => void} [done] called after it was sent or given up; without it the form stays
 * @property {string} [text] what stands in it where there is no draft
 */

let made = 0;

/**
 * @param {View} view
 * @param {Writing} writing
 */
export function compose({ t, thread, client, words, asUser }, { to, label, action, send, done, text = "" }) {
  const why = el("p.why", { id: `why-${(made += 1)}` });
  const input = el("textarea.input", { dir: "auto", placeholder: label, ariaLabel: label, value: thread.draft(to) || text });
  const submit = el("button.main.post", {}, action);
  const row = el("div.actions", {}, submit);
  const form = el("form.composer", {}, input, why, row);
  const tell = (/** @type {string} */ sentence) => {
    setText(why, sentence);
    input.ariaInvalid = `${sentence !== ""}`;
  };
  // How many bytes it is too long.
  const over = () => new TextEncoder().encode(input.value.trim()).length - (client.session.get().limits?.comment_bytes_max ?? Infinity);
  // As high as what stands in it. By `field-sizing` every key would lay out the whole thread.
  const grow = () => {
    const more = input.scrollHeight - input.clientHeight;
    if (!input.value || more > 0) input.style.blockSize = input.value && `${input.offsetHeight + more}px`;
  };
  const change = () => {
    grow();
    thread.setDraft(to, input.value);
    tell(over() > 0 ? t("bytes_over", { n: over() }) : "");
  };
  const giveUp = () => {
    input.value = "";
    change();
    done?.();
  };
  input.setAttribute("aria-describedby", why.id);
  input.oninput = change;
  input.onfocus = () => {
    form.classList.add("open");
    if (input.value) grow();
  };
  form.classList.toggle("open", !!(done || input.value));
  if (done) row.append(button("button.plain.cancel", t("cancel"), giveUp));
  form.onkeydown = ({ key, ctrlKey, metaKey }) => {
    if (key === "Enter" && (ctrlKey || metaKey)) form.requestSubmit();
    if (key === "Escape" && done) giveUp();
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    const empty = !input.value.trim();
    if (empty) tell(t("why_empty_comment"));
    if (empty || over() > 0) return input.focus();
    if (!input.readOnly) asUser(async () => {
      input.readOnly = true;
      const result = await send(input.value);
      input.readOnly = false;
      if (result.ok) giveUp();
      else tell(words.why(result.refusal));
    });
  };
  return {
    form,
    input,
    /** What the button says depends on who one is. @param {boolean} guest */
    paintUser: (guest) => setText(submit, guest ? t("sign_in_and_post") : action),
    /** @param {string} text */
    fill(text) {
      input.value = text;
      change();
      input.focus();
    },
  };
}
