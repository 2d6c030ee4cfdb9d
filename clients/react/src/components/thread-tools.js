// What stands around a list of comments: how many there are, whether it is live, their order, the switch that holds it.

/** @import { ChangeEvent } from "react" */
/** @import { ConnectionView, Sort, ThreadView } from "otklik-client" */
/** @import { HeadingProps } from "../../index.js" */
import { createElement as h, useId } from "react";
import { useConnectionPart } from "../hooks/use-connection.js";
import { useThreadPart } from "../hooks/use-thread.js";
import { useWords } from "../provider.js";
import { useThreadOf } from "../thread-context.js";

/** @type {readonly Sort[]} */
const SORTS = ["newest", "oldest", "top", "controversial"];

const totalOf = (/** @type {ThreadView} */ view) => view.total;
const viewersOf = (/** @type {ThreadView} */ view) => view.viewers;
const pausedOf = (/** @type {ThreadView} */ view) => view.paused;
const sortOf = (/** @type {ThreadView} */ view) => view.sort;
const isLive = (/** @type {ConnectionView} */ { state }) => state === "live" || state === "probing";

/** @param {HeadingProps} props */
export function ThreadHeading({ as = "h2", id }) {
  const words = useWords();
  const total = useThreadPart(totalOf);
  return h(as, { id, className: "otklik-heading", tabIndex: -1 },
    total > 0 ? words.t("comments", { n: total }) : words.t("comments_none"));
}

export function LiveState() {
  const words = useWords();
  const live = useConnectionPart(isLive);
  const paused = useThreadPart(pausedOf);
  const viewers = useThreadPart(viewersOf);
  const state = !live ? "connecting" : paused ? "paused" : "live";
  return h("p", { className: "otklik-live otklik-dim", "data-state": state },
    words.t(state), state === "live" && viewers > 1 && ` · ${words.t("reading", { n: viewers })}`);
}

export function SortSelect() {
  const words = useWords();
  const thread = useThreadOf();
  const sort = useThreadPart(sortOf);
  const id = useId();
  const onChange = (/** @type {ChangeEvent<HTMLSelectElement>} */ event) =>
    thread.setSort(/** @type {Sort} */ (event.target.value));
  return h("div", { className: "otklik-sort" },
    h("label", { htmlFor: id }, words.t("sort")),
    h("select", { id, value: sort, onChange },
      SORTS.map((one) => h("option", { key: one, value: one }, words.t(one)))));
}

export function PauseButton() {
  const words = useWords();
  const thread = useThreadOf();
  const paused = useThreadPart(pausedOf);
  return h("button", {
    type: "button",
    className: "otklik-quiet",
    title: words.t("pause_hint"),
    "aria-pressed": paused,
    onClick: () => (paused ? thread.resume() : thread.pause()),
  }, words.t("pause"));
}
