// What people are told when the connection is gone for long, or for good.

/** @import { ConnectionView } from "otklik-client" */
import { createElement as h } from "react";
import { useConnectionPart } from "../hooks/use-connection.js";
import { useClient, useWords } from "../provider.js";

const troubleOf = (/** @type {ConnectionView} */ { late, state, refused_origin }) => {
  if (refused_origin !== null) return "refused";
  if (state === "stopped") return "stopped";
  return late ? "late" : null;
};

export function ConnectionBanner() {
  const words = useWords();
  const client = useClient();
  const trouble = useConnectionPart(troubleOf);
  const sentences = {
    refused: () => words.t("why_origin", { site: new URL(client.origin).host }),
    stopped: () => words.t("stopped"),
    late: () => words.t("no_connection"),
  };
  return h("div", { className: "otklik-banner", role: "status" },
    trouble && h("div", null,
      h("span", { className: "otklik-grow" }, sentences[trouble]()),
      trouble !== "stopped" && h("button", { type: "button", onClick: () => client.connection.tryNow() }, words.t("try_now"))));
}
