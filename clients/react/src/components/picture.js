// Somebody's picture. It says nothing that the name beside it does not, so it has no text of its own.

/** @import { PictureProps } from "../../index.js" */
import { createElement as h } from "react";
import { useClient } from "../provider.js";

/** @param {PictureProps} props */
export function Picture({ img }) {
  const source = useClient().picture(img);
  if (source === null) return h("span", { className: "otklik-picture", "aria-hidden": true });
  return h("img", {
    className: "otklik-picture",
    src: source,
    alt: "",
    width: 40,
    height: 40,
    loading: "lazy",
    decoding: "async",
    referrerPolicy: "no-referrer",
  });
}
