// Why something was refused, where it was refused, with what can be done about it.

/** @import { WhyProps } from "../../index.js" */
import { createElement as h } from "react";
import { useShared, useWords } from "../provider.js";

/** What signing in puts right. */
const SIGN_IN_CODES = new Set(["sign_in_first", "bad_token"]);

/** @param {WhyProps} props */
export function Why({ refusal, id, children }) {
  const words = useWords();
  const { asking } = useShared();
  if (!refusal) return null;
  return h("div", { id, className: "otklik-why", role: "alert" },
    h("span", null, words.why(refusal)),
    SIGN_IN_CODES.has(refusal.code) && h("button", { type: "button", onClick: () => asking.ask() }, words.t("sign_in")),
    children);
}
