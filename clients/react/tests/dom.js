// A document to render into, made when a test needs one: what renders on a server must not find any.

/** @import { ReactNode } from "react" */
/** @import { Root } from "react-dom/client" */
import { createElement as h } from "react";
import { Window } from "happy-dom";

const NAMES = [
  "document", "location", "history", "Node", "Element", "HTMLElement", "HTMLInputElement", "HTMLFormElement", "HTMLIFrameElement",
  "HTMLDialogElement", "SVGElement", "Event", "KeyboardEvent", "MouseEvent", "CustomEvent", "FormData", "MutationObserver",
];

/** Puts a browser's globals in place; React's client half is loaded after that. */
export async function openWindow() {
  const window = new Window({ url: "http://127.0.0.1/" });
  const anyWindow = /** @type {any} */ (window);
  const all = Object.fromEntries(NAMES.map((name) => [name, anyWindow[name]]));
  const bound = (/** @type {string} */ name) => anyWindow[name].bind(window);
  Object.assign(globalThis, all, {
    window,
    navigator: window.navigator,
    addEventListener: bound("addEventListener"),
    removeEventListener: bound("removeEventListener"),
    requestAnimationFrame: (/** @type {() => void} */ run) => setTimeout(run, 0),
    IS_REACT_ACT_ENVIRONMENT: true,
  });
  window.HTMLElement.prototype.scrollIntoView = () => {};
  const { createRoot, hydrateRoot } = await import("react-dom/client");
  const { act } = await actor();
  return new Screen({ act, createRoot, hydrateRoot });
}

/** Takes them away again: what is rendered now is rendered on a server. */
export function closeWindow() {
  for (const name of [...NAMES, "window", "navigator"]) Reflect.deleteProperty(globalThis, name);
}

// React 18 keeps it beside its DOM half.
async function actor() {
  const { act } = /** @type {any} */ (await import("react"));
  return { act: act ?? /** @type {any} */ (await import("react-dom/test-utils")).act };
}

/** @typedef {(run: () => unknown) => Promise<void>} Act */
/** @typedef {typeof import("react-dom/client")} Half */

export class Screen {
  /** @type {Root | null} */
  root = null;
  /** What React complained of while hydrating.
   * @type {unknown[]} */
  complaints = [];

  /** @param {{ act: Act } & Pick<Half, "createRoot" | "hydrateRoot">} half */
  constructor(half) {
    this.half = half;
    this.body = document.createElement("div");
    document.body.append(this.body);
  }

  /** @param {ReactNode} node */
  async render(node) {
    await this.act(() => {
      this.root ??= this.half.createRoot(this.body);
      this.root.render(node);
    });
  }

  /** @param {string} html
   * @param {ReactNode} node */
  async hydrate(html, node) {
    const parsed = new (/** @type {any} */ (window).DOMParser)().parseFromString(html, "text/html");
    this.body.append(...parsed.body.childNodes);
    const onRecoverableError = (/** @type {unknown} */ error) => this.complaints.push(error);
    await this.act(() => {
      this.root = this.half.hydrateRoot(this.body, node, { onRecoverableError });
    });
  }

  /** Does something, and lets what follows from it reach the screen.
   * @param {() => unknown} [run] */
  async act(run = () => {}) {
    await this.half.act(async () => {
      await run();
      await new Promise((done) => setTimeout(done, 15));
    });
  }

  /** Waits for what must come; a wait that gives up says what is there instead.
   * @template T
   * @param {() => T | null | undefined | false} look
   * @returns {Promise<T>} */
  async until(look) {
    for (let tries = 0; tries < 200; tries += 1) {
      const found = look();
      if (found) return found;
      await this.act();
    }
    throw new Error(`It never came: ${look}\n${this.body.textContent}`);
  }

  /** @param {string} selector
   * @returns {HTMLElement} */
  one(selector) {
    const found = document.querySelector(selector);
    if (!found) throw new Error(`There is no ${selector} in: ${this.body.textContent}`);
    return /** @type {HTMLElement} */ (found);
  }

  /** @param {string} text
   * @returns {HTMLButtonElement | undefined} */
  button(text, within = "body") {
    const all = [...document.querySelectorAll(`${within} button`)];
    const named = (/** @type {Element} */ node) => node.getAttribute("aria-label") ?? node.textContent;
    return /** @type {HTMLButtonElement | undefined} */ (all.find((node) => named(node) === text));
  }

  /** @param {string} text */
  async press(text, within = "body") {
    const button = await this.until(() => this.button(text, within));
    await this.act(() => button.click());
  }

  /** Types into a field as a person does, so that React hears of it.
   * @param {string} selector
   * @param {string} text */
  async type(selector, text) {
    const field = /** @type {HTMLInputElement} */ (this.one(selector));
    await this.act(() => {
      Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value")?.set?.call(field, text);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }

  async close() {
    await this.act(() => this.root?.unmount());
    this.body.remove();
  }
}

export { h };
