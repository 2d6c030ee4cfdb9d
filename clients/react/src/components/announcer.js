// The one place that screen readers are told of new comments: politely, and seldom. Counts are never told.

/** @import { ThreadView } from "otklik-client" */
import { createElement as h, useEffect, useState } from "react";
import { useThreadPart } from "../hooks/use-thread.js";
import { useWords } from "../provider.js";

const EACH_MS = 10_000;

const freshOf = (/** @type {ThreadView} */ view) => view.fresh;

export function Announcer() {
  const words = useWords();
  const fresh = useThreadPart(freshOf);
  const [told, setTold] = useState({ fresh: 0, at_ms: 0 });
  useEffect(() => {
    if (fresh === told.fresh) return;
    const wait_ms = fresh === 0 ? 0 : Math.max(0, told.at_ms + EACH_MS - Date.now());
    const timer = setTimeout(() => setTold({ fresh, at_ms: Date.now() }), wait_ms);
    return () => clearTimeout(timer);
  }, [fresh, told]);
  return h("p", { className: "otklik-unseen", role: "status" }, told.fresh > 0 && words.t("fresh", { n: told.fresh }));
}
