// Pieces put on the page. Strings become text nodes; nothing here parses markup.

/** @typedef {Record<string, unknown>} Properties */

/**
 * An element: "button.post" has a class and a part of that name, so that whatever the element styles, a page may, too.
 * What is no property of it becomes an attribute.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T | `${T}.${string}`} kind
 * @param {Properties} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(kind, properties = {}, ...children) {
  const [tag = "", ...names] = kind.split(".");
  const node = document.createElement(tag);
  node.classList.add(...names);
  node.part.add(...names);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) Reflect.set(node, name, value);
    else node.setAttribute(name, `${value}`);
  }
  node.append(...children);
  return /** @type {HTMLElementTagNameMap[T]} */ (node);
}

/**
 * @param {"button" | `button.${string}`} kind
 * @param {string} label
 * @param {(event: MouseEvent) => unknown} onclick
 * @param {Properties} [properties]
 */
export const button = (kind, label, onclick, properties) => el(kind, { type: "button", onclick, ...properties }, label);

const SVG = "http://www.w3.org/2000/svg";

/** Lines in a field of 20 by 20. @param {string} shape */
export function icon(shape) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.ariaHidden = "true";
  svg.append(document.createElementNS(SVG, "path"));
  svg.firstElementChild?.setAttribute("d", shape);
  return svg;
}

/**
 * Writing what stands there already would end the reader's selection.
 * @param {Node | null} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

/** The circle for somebody's picture; the name stands beside it. */
export const face = () => el("img.face", { alt: "", loading: "lazy", decoding: "async", referrerPolicy: "no-referrer" });

/**
 * @param {HTMLImageElement} node
 * @param {string | null} source
 */
export function setFace(node, source) {
  if (source === null) node.removeAttribute("src");
  else if (node.getAttribute("src") !== source) node.src = source;
}

/**
 * Makes `nodes` the children of `list`. A node that stays is not moved, which would take its focus away.
 * @param {Element} list
 * @param {readonly Element[]} nodes
 */
export function place(list, nodes) {
  const staying = new Set(nodes);
  for (const child of [...list.children]) if (!staying.has(child)) child.remove();
  let at = list.firstElementChild;
  for (const node of nodes) {
    if (node === at) at = at.nextElementSibling;
    else list.insertBefore(node, at);
  }
}

const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");

/**
 * Writes a count; the digits that changed roll in, upwards where it grew.
 * @param {Element | null} node
 * @param {string} text
 * @param {boolean} grew
 */
export function setCount(node, text, grew) {
  const old = node?.textContent;
  if (old === text) return;
  if (!node || !old || calm?.matches) return setText(node, text);
  let same = 0;
  while (old.length === text.length && old[same] === text[same]) same += 1;
  const rolled = el("span", { className: "roll" }, text.slice(same));
  node.replaceChildren(text.slice(0, same), rolled);
  const from = { transform: `translateY(${grew ? 70 : -70}%)`, opacity: 0 };
  rolled.animate([from, {}], { duration: 200, easing: "cubic-bezier(.2,.8,.3,1)" });
}
