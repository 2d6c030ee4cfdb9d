// The box that something is written in: a new comment, a reply, an edit.

/** @import { FormEvent, KeyboardEvent } from "react" */
/** @import { ComposerProps } from "../../index.js" */
import { createElement as h, useEffect, useId, useRef } from "react";
import { useComposer } from "../hooks/use-composer.js";
import { useShared, useWords } from "../provider.js";
import { Why } from "./why.js";

/** @param {ComposerProps} props */
export function Composer({ to = "new", label, thread, autoFocus = false, onDone }) {
  const words = useWords();
  const { asking } = useShared();
  const composer = useComposer(to, { thread, onTaken: onDone });
  const box = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const id = useId();
  const edits = to.startsWith("edit-");

  useEffect(() => {
    if (autoFocus) focusAtEnd(box.current);
  }, [autoFocus]);

  const submit = async (/** @type {FormEvent | KeyboardEvent} */ event) => {
    event.preventDefault();
    if (composer.sending) return;
    const result = await composer.submit();
    if (result.ok) return;
    if (result.refusal.code === "sign_in_first") asking.ask();
    else box.current?.focus();
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
    if (event.key === "Escape") onDone?.();
  };

  return h("form", { className: `otklik-composer otklik-composer-${to.split("-")[0]}`, onSubmit: submit, noValidate: true },
    h("label", { htmlFor: id }, label ?? words.t(edits ? "edit_label" : "write")),
    h("textarea", {
      id,
      ref: box,
      name: "comment",
      rows: 3,
      dir: "auto",
      value: composer.text,
      "aria-describedby": `${id}-why`,
      "aria-invalid": composer.bytes_over > 0 || composer.refusal !== null,
      onChange: (event) => composer.setText(event.target.value),
      onKeyDown,
    }),
    h("div", { className: "otklik-row" },
      h("div", { id: `${id}-why`, className: "otklik-grow" },
        h(Why, { refusal: composer.refusal }),
        composer.bytes_over > 0 && h("p", { className: "otklik-why" }, words.t("bytes_over", { n: composer.bytes_over }))),
      onDone && h("button", { type: "button", className: "otklik-quiet", onClick: onDone }, words.t("cancel")),
      h("button", { type: "submit", className: "otklik-main", "aria-disabled": composer.sending || undefined },
        words.t(composer.sending ? "sending" : edits ? "save" : to === "new" ? "post" : "reply"))));
}

/** @param {HTMLTextAreaElement | null} box */
function focusAtEnd(box) {
  box?.focus();
  box?.setSelectionRange(box.value.length, box.value.length);
}
