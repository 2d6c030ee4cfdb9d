// Signing in and signing up: one form, errors by field.

/** @import { FormEvent } from "react" */
/** @import { Refusal } from "otklik-client" */
/** @import { SignInProps } from "../../index.js" */
import { createElement as h, useRef, useState } from "react";
import { useSession } from "../hooks/use-session.js";
import { useWords } from "../provider.js";
import { Field } from "./field.js";
import { Why } from "./why.js";

/** @typedef {{ sending: boolean, refusal: Refusal | null, faults: Readonly<Record<string, string>> }} Trying */
/** @type {Trying} */
const FRESH = { sending: false, refusal: null, faults: {} };

/** @param {SignInProps} props */
export function SignIn({ way: first = "signIn", autoFocus = false, onDone }) {
  const words = useWords();
  const session = useSession();
  const [way, setWay] = useState(first);
  const [trying, setTrying] = useState(FRESH);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const joins = way === "signUp" && session.sign_up !== "closed";

  const refuse = (/** @type {Partial<Trying>} */ part) => {
    setTrying({ ...FRESH, ...part });
    const at = Object.keys(part.faults ?? {})[0];
    if (at) field(form.current, at)?.focus();
  };
  const submit = async (/** @type {FormEvent} */ event) => {
    event.preventDefault();
    if (trying.sending || !form.current) return;
    const { username, password, img } = given(form.current);
    const empty = Object.entries({ username, password }).filter(([, value]) => value === "");
    if (empty.length > 0) return refuse({ faults: Object.fromEntries(empty.map(([name]) => [name, words.t("required")])) });
    setTrying({ ...FRESH, sending: true });
    const result = await (joins ? session.signUp(username, password, img || null) : session.signIn(username, password));
    if (result.ok) {
      form.current?.reset();
      setTrying(FRESH);
      return onDone?.();
    }
    const { member } = result.refusal;
    const here = member !== undefined && field(form.current, member) !== null;
    refuse(here ? { faults: { [member]: words.why(result.refusal) } } : { refusal: result.refusal });
  };
  const turn = () => {
    setWay(joins ? "signIn" : "signUp");
    setTrying(FRESH);
  };

  return h("form", { ref: form, className: "otklik-sign-in", onSubmit: submit, noValidate: true },
    h(Fields, { joins, faults: trying.faults, autoFocus, password_chars_min: session.limits?.password_chars_min ?? null }),
    h(Why, { refusal: trying.refusal }),
    h("button", { type: "submit", className: "otklik-main", "aria-disabled": trying.sending || undefined },
      words.t(joins ? "sign_up" : "sign_in")),
    session.sign_up !== "closed" && h("p", { className: "otklik-dim" },
      words.t(joins ? "to_sign_in" : "to_sign_up"), " ",
      h("button", { type: "button", className: "otklik-link", onClick: turn }, words.t(joins ? "sign_in" : "sign_up"))));
}

/** @typedef {{ joins: boolean, faults: Trying["faults"], autoFocus: boolean, password_chars_min: number | null }} FieldsProps */
/** @param {FieldsProps} props */
function Fields({ joins, faults, autoFocus, password_chars_min }) {
  const words = useWords();
  return [
    h(Field, {
      key: "username",
      name: "username",
      label: words.t("username"),
      hint: joins ? words.t("username_hint") : null,
      fault: faults.username,
      autoComplete: "username",
      autoFocus,
    }),
    h(Field, {
      key: "password",
      name: "password",
      type: "password",
      label: words.t("password"),
      hint: joins && password_chars_min !== null ? words.t("password_hint", { n: password_chars_min }) : null,
      fault: faults.password,
      autoComplete: joins ? "new-password" : "current-password",
    }),
    joins && h(Field, {
      key: "img",
      name: "img",
      type: "url",
      label: words.t("img"),
      hint: words.t("img_hint"),
      fault: faults.img,
      autoComplete: "photo",
    }),
  ];
}

/** @param {HTMLFormElement} form */
function given(form) {
  const data = new FormData(form);
  const text = (/** @type {string} */ name) => String(data.get(name) ?? "");
  return { username: text("username").trim(), password: text("password"), img: text("img").trim() };
}

/** @param {HTMLFormElement | null} form
 * @param {string} name
 * @returns {HTMLInputElement | null} */
function field(form, name) {
  const found = form?.elements.namedItem(name);
  return found instanceof HTMLInputElement ? found : null;
}
