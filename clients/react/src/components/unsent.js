// Comments of the reader's own that the server has not confirmed yet: on their way, waiting, or refused.

/** @import { ChangeEvent, FormEvent, ReactNode } from "react" */
/** @import { ThreadView, UnsentComment } from "otklik-client" */
import { createElement as h, Fragment, useCallback, useId, useState } from "react";
import { useThreadPart } from "../hooks/use-thread.js";
import { useWords } from "../provider.js";
import { useThreadOf } from "../thread-context.js";
import { Why } from "./why.js";

/** @param {{ parent: number | null }} props */
export function Unsent({ parent }) {
  const select = useCallback(
    (/** @type {ThreadView} */ view) => view.unsent.filter((comment) => comment.parent === parent),
    [parent],
  );
  const unsent = useThreadPart(select);
  if (unsent.length === 0) return null;
  return h("ol", { className: "otklik-list otklik-unsent" },
    unsent.map((comment) => h(UnsentCard, { key: comment.key, comment })));
}

/** @param {{ comment: UnsentComment }} props */
function UnsentCard({ comment }) {
  const words = useWords();
  const thread = useThreadOf();
  const { key, state } = comment;
  const discard = h("button", { type: "button", className: "otklik-quiet", onClick: () => thread.discard(key) }, words.t("discard"));
  return h("li", null, h("article", { className: "otklik-comment", "data-state": state },
    state === "refused"
      ? h(Refused, { comment }, discard)
      : h(Fragment, null,
        h("p", { className: "otklik-text", dir: "auto" }, comment.comment),
        h("div", { className: "otklik-row" },
          h("span", { className: "otklik-dim otklik-grow", role: "status" }, words.t(state)),
          state === "waiting" && discard))));
}

// What the server would not take may need another wording before it is tried again.
/** @param {{ comment: UnsentComment, children?: ReactNode }} props */
function Refused({ comment: { key, comment, refusal }, children }) {
  const words = useWords();
  const thread = useThreadOf();
  const [text, setText] = useState(comment);
  const id = useId();
  const again = (/** @type {FormEvent} */ event) => {
    event.preventDefault();
    thread.postAgain(key, text);
  };
  return h("form", { className: "otklik-composer", onSubmit: again },
    h("label", { htmlFor: id }, words.t("edit_label")),
    h("textarea", {
      id,
      rows: 3,
      dir: "auto",
      value: text,
      "aria-describedby": `${id}-why`,
      onChange: (/** @type {ChangeEvent<HTMLTextAreaElement>} */ event) => setText(event.target.value),
    }),
    h("div", { className: "otklik-row" },
      h("div", { id: `${id}-why`, className: "otklik-grow" }, h(Why, { refusal })),
      children,
      h("button", { type: "submit", className: "otklik-main" }, words.t("try_again"))));
}
