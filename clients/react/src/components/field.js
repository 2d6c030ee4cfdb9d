// A labelled field with its hint, and its error right below it. A password can be looked at.

/** @import { InputHTMLAttributes } from "react" */
import { createElement as h, useId, useState } from "react";
import { useWords } from "../provider.js";

/** @typedef {{ name: string, label: string, hint: string | null, fault: string | undefined }} FieldProps */
/** @param {FieldProps & InputHTMLAttributes<HTMLInputElement>} props */
export function Field({ label, hint, fault, type = "text", ...input }) {
  const words = useWords();
  const [bare, setBare] = useState(false);
  const id = useId();
  const secret = type === "password";
  return h("div", { className: "otklik-field" },
    h("label", { htmlFor: id }, label),
    h("div", { className: "otklik-input" },
      h("input", {
        ...input,
        id,
        type: secret && bare ? "text" : type,
        autoCapitalize: "none",
        spellCheck: false,
        "aria-describedby": `${id}-hint ${id}-fault`,
        "aria-invalid": fault !== undefined,
      }),
      secret && h("button", {
        type: "button",
        className: "otklik-quiet",
        "aria-pressed": bare,
        onClick: () => setBare(!bare),
      }, words.t("show_password"))),
    h("p", { id: `${id}-hint`, className: "otklik-dim" }, hint),
    h("p", { id: `${id}-fault`, className: "otklik-why", role: "alert" }, fault));
}
