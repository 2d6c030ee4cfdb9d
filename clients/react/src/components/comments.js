// A page's comments with everything around them: what most applications need of this package.

/** @import { CommentsProps } from "../../index.js" */
import { createElement as h, useId } from "react";
import { ThreadProvider } from "../thread-context.js";
import { Announcer } from "./announcer.js";
import { CommentList } from "./comment-list.js";
import { Composer } from "./composer.js";
import { ConnectionBanner } from "./connection-banner.js";
import { SessionBar } from "./session-bar.js";
import { SignInDialog } from "./sign-in-dialog.js";
import { LiveState, PauseButton, SortSelect, ThreadHeading } from "./thread-tools.js";

/** @param {CommentsProps} props */
export function Comments({ heading = "h2", className = "", children, ...thread }) {
  const id = useId();
  return h(ThreadProvider, thread,
    h("section", { className: `otklik ${className}`.trimEnd(), "aria-labelledby": id },
      h("header", { className: "otklik-top" }, h(ThreadHeading, { as: heading, id }), h(SessionBar)),
      h(Composer),
      h("div", { className: "otklik-row otklik-tools" }, h(PauseButton), h(LiveState), h(SortSelect)),
      h(CommentList),
      children,
      h(ConnectionBanner),
      h(Announcer),
      h(SignInDialog)));
}
