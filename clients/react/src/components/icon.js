// The few shapes there are, drawn in the colour of the text beside them.

import { createElement as h } from "react";

const SHAPES = {
  thumb: "M7 9.2 10 2.8c1.3 0 2.1.9 1.9 2.2L11.4 8h4.1c1.2 0 2 1.1 1.7 2.2l-1.3 5c-.2.9-1 1.6-2 1.6H7m0-7.6v7.6m0-7.6H3.4v7.6H7",
  close: "m5 5 10 10M15 5 5 15",
};

/** @param {{ shape: keyof typeof SHAPES }} props */
export const Icon = ({ shape }) =>
  h("svg", { className: `otklik-icon otklik-icon-${shape}`, viewBox: "0 0 20 20", width: 18, height: 18, "aria-hidden": true },
    h("path", { d: SHAPES[shape], fill: "none", stroke: "currentColor", strokeWidth: 1.6, strokeLinecap: "round", strokeLinejoin: "round" }));
