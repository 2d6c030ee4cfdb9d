// When something was written. Servers do not know the reader's clock, zone and habits, so they tell the plain date.

/** @import { SessionView } from "otklik-client" */
/** @import { TimeProps } from "../../index.js" */
import { createElement as h, useSyncExternalStore } from "react";
import { useSessionPart } from "../hooks/use-session.js";
import { useWords } from "../provider.js";

/** All times on the page change at the same moments, and no more often than "just now" lasts. */
const TICK_MS = 30_000;

const skewOf = (/** @type {SessionView} */ view) => view.skew_ms;
const nowMs = () => Math.floor(Date.now() / TICK_MS) * TICK_MS;

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {ReturnType<typeof setInterval> | undefined} */
let ticking;

/** @param {() => void} listener */
function onTick(listener) {
  listeners.add(listener);
  ticking ??= setInterval(() => listeners.forEach((told) => told()), TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** @param {TimeProps} props */
export function Time({ date, edited = null }) {
  const words = useWords();
  const skew_ms = useSessionPart(skewOf);
  // A sentence, not a number, so that only the times whose sentence changes are rendered again.
  const read = () => words.ago(nowMs() + skew_ms - Date.parse(date));
  const ago = useSyncExternalStore(onTick, read, () => null);
  const plain = date.slice(0, 10);
  const title = ago === null ? undefined : words.date(date);
  return h("span", { className: "otklik-time" },
    h("time", { dateTime: date, title }, ago ?? plain),
    edited !== null && h("span", { title: ago === null ? undefined : words.date(edited) }, ` · ${words.t("edited")}`));
}
