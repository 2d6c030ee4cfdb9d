// The service's window for signing in from a page of another origin. It asks whether that page may, says for whom the
// sign-in is, and gives the token to that origin alone. What is said between the two is listed in sign-in-window.js.

import { createClient } from "../index.js";
import { enterForms } from "./enter.js";
import { addStyles } from "./more-styles.js";
import { sheet, STYLES } from "./styles.js";
import { loadWords } from "./words.js";

/** @import { Result } from "../index.js" */

const words = await loadWords(new URLSearchParams(location.search).get("lang") ?? navigator.language);
await words.load(1);
const title = /** @type {HTMLElement} */ (document.querySelector("h1"));
const told = /** @type {HTMLElement} */ (document.querySelector("#told"));
const place = /** @type {HTMLElement} */ (document.querySelector("#form"));
const { opener } = window;

document.documentElement.lang = words.lang;
name(words.t("sign_in"));
if (opener) {
  tell(words.t("popup_checking"));
  addEventListener("message", hear);
  opener.postMessage({ otklik: "ready" }, "*");
} else {
  tell(words.t("popup_alone"));
}

/** @param {MessageEvent} event */
async function hear({ source, origin, data }) {
  if (source !== opener || data?.otklik !== "hello") return;
  removeEventListener("message", hear);
  const site = /^https?:/.test(origin) ? new URL(origin).host : origin;
  const answer = await fetch(`/api/hello?origin=${encodeURIComponent(origin)}`).catch(() => null);
  if (!answer?.ok) return tell(words.t(answer ? "popup_refused" : "why_offline", { site }));
  tell(words.t("popup_for", { site }));
  showForms(origin);
}

/** @param {string} origin whom the token is for */
function showForms(origin) {
  const root = place.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet(STYLES)];
  addStyles(root);
  // The token is the other page's: nothing of it is kept here.
  const { connection, session } = createClient({ url: location.origin, environment: { storage: null } });
  let token = "";
  /** @param {string} type_query @param {object} members @returns {Promise<Result>} */
  const enter = async (type_query, members) => {
    const result = await connection.query(type_query, members);
    if (result.ok) token = `${result.token}`;
    return result;
  };
  const door = {
    signIn: (/** @type {string} */ username, /** @type {string} */ password) => enter("signIn", { username, password }),
    signUp: (/** @type {string} */ username, /** @type {string} */ password, /** @type {string | null} */ img = null) => (
      enter("signUp", { username, password, img })
    ),
    get: () => session.get(),
  };
  // What the service asks of a password, and whether it takes newcomers, is known once it is connected.
  connection.need();
  root.append(enterForms(words, door, name, () => {
    opener.postMessage({ otklik: "token", token }, origin);
    root.replaceChildren();
    tell(words.t("popup_done"));
    window.close();
  }));
}

/** @param {string} text */
function name(text) {
  document.title = text;
  title.textContent = text;
}

/** @param {string} text */
function tell(text) {
  told.textContent = text;
}
