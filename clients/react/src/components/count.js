// A number that may change while it is looked at: the new one rolls in from where it went.

import { createElement as h, useState } from "react";
import { useWords } from "../provider.js";

/** @param {{ n: number }} props */
export function Count({ n }) {
  const words = useWords();
  const [seen, setSeen] = useState(/** @type {{ n: number, turn?: "up" | "down" }} */ ({ n }));
  const now = seen.n === n ? seen : /** @type {const} */ ({ n, turn: n > seen.n ? "up" : "down" });
  if (now !== seen) setSeen(now);
  // Another key is another element, and a new element's animation starts.
  return h("span", { key: n, className: "otklik-count", "data-turn": now.turn }, words.number(n));
}
