// The comments of a page in the order of the screen, with what stands there while there are none. What is new waits in a
// pill: nothing is put above what is being read.

/** @import { ThreadView } from "otklik-client" */
import { createElement as h, Fragment, useEffect, useRef } from "react";
import { useDeepLink } from "../hooks/use-deep-link.js";
import { useRefusal } from "../hooks/use-refusal.js";
import { useThreadPart } from "../hooks/use-thread.js";
import { useWords } from "../provider.js";
import { useThreadOf } from "../thread-context.js";
import { Comment } from "./comment.js";
import { Unsent } from "./unsent.js";
import { Why } from "./why.js";

const listOf = (/** @type {ThreadView} */ { status, refusal, top, fresh, more, loading_more, unsent }) =>
  ({ status, refusal, top, fresh, more, loading_more, writing: unsent.some((comment) => comment.parent === null) });

export function CommentList() {
  const words = useWords();
  const thread = useThreadOf();
  const { status, refusal, top, fresh, more, loading_more, writing } = useThreadPart(listOf);
  const list = useRef(/** @type {HTMLOListElement | null} */ (null));
  const to_focus = useRef(false);
  const [more_refusal, loadMore] = useRefusal();
  const link_gone = useDeepLink(thread, status === "ready");
  useEffect(() => {
    if (!to_focus.current) return;
    to_focus.current = false;
    list.current?.querySelector("article")?.focus();
  }, [top]);

  if (status !== "ready") {
    return h(Fragment, null, h(Unsent, { parent: null }), status === "loading" ? h(Skeleton) : h(Failed, { refusal }));
  }
  const showFresh = () => {
    to_focus.current = true;
    thread.showFresh();
  };
  return h(Fragment, null,
    link_gone && h("p", { className: "otklik-dim", role: "status" }, words.t("link_gone")),
    h("div", { className: "otklik-float" },
      fresh > 0 && h("button", { type: "button", className: "otklik-fresh", onClick: showFresh }, words.t("fresh", { n: fresh }))),
    h(Unsent, { parent: null }),
    top.length > 0 && h("ol", { ref: list, className: "otklik-list otklik-top-list" },
      top.map((comment_id) => h(Comment, { key: comment_id, comment_id }))),
    top.length === 0 && fresh === 0 && !writing && h("div", { className: "otklik-empty" },
      h("p", null, words.t("empty")), h("p", { className: "otklik-dim" }, words.t("empty_hint"))),
    more && h("button", {
      type: "button",
      className: "otklik-more",
      "aria-disabled": loading_more || undefined,
      onClick: () => loading_more || loadMore(thread.loadMore()),
    }, words.t(loading_more ? "loading" : "more")),
    h(Why, { refusal: more_refusal }));
}

function Skeleton() {
  const words = useWords();
  return h("div", { className: "otklik-skeleton", "aria-busy": true },
    h("p", { className: "otklik-unseen", role: "status" }, words.t("loading")),
    [1, 2, 3].map((n) => h("div", { key: n, className: "otklik-bone", "aria-hidden": true })));
}

// It goes on trying by itself; where the connection is what fails, the banner has the button.
/** @param {{ refusal: ThreadView["refusal"] }} props */
function Failed({ refusal }) {
  const words = useWords();
  return h("div", { className: "otklik-empty" },
    h("p", null, words.t("failed")),
    h(Why, { refusal }));
}
