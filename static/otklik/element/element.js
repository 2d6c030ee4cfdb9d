// `<otklik-comments page="post-42">`: live comments with like and dislike in any page. Here: its attributes, its life on
// the page, and what several of them share.

import { createClient } from "../index.js";
import { sheet, STYLES } from "./styles.js";
import { View, skeleton } from "./view.js";
import { loadWords } from "./words.js";

/** @import { Client, Sort } from "../index.js" */

const ATTRIBUTES = ["page", "server", "sort", "limit", "lang", "no-viewers"];

/** How often "5 minutes ago" is looked over. */
const TICK_MS = 20_000;

/** One connection a service, however many elements and pages. @type {Map<string, Client>} */
const clients = new Map();

/** Views on the page; one ticker moves the times of all. @type {Set<View>} */
const views = new Set();

/** @type {ReturnType<typeof setInterval> | undefined} */
let ticker;

// Where a page is rendered, on a server, there are no elements; the module can be imported all the same.
const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (/** @type {unknown} */ (Object));

export class OtklikComments extends Base {
  static observedAttributes = ATTRIBUTES;
  /** For a page that wants a client of its own: several readers in one page, another storage. */
  static createClient = createClient;

  /** Another client than that of its service: set it before the element is put on a page. @type {Client | null} */
  client = null;
  /** What the running view was made of; null while there is none. @type {string | null} */
  #made_of = null;
  #due = false;
  #end = () => {};

  connectedCallback() {
    this.#soon();
  }

  disconnectedCallback() {
    this.#soon();
  }

  attributeChangedCallback() {
    this.#soon();
  }

  /** Several changes at once, as taking it away and putting it elsewhere, are one, or none. */
  #soon() {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      const made_of = this.isConnected ? ATTRIBUTES.map((name) => this.getAttribute(name)).join("\n") : null;
      if (made_of === this.#made_of) return;
      this.#end();
      this.#end = () => {};
      this.#made_of = made_of;
      if (made_of !== null) void this.#start();
    });
  }

  async #start() {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet(STYLES)];
    root.replaceChildren(skeleton());
    const client = this.client ?? clientOf(this.getAttribute("server"));
    const sort = /** @type {Sort} */ (this.getAttribute("sort") ?? "newest");
    const limit = Number(this.getAttribute("limit")) || 20;
    const thread = client.thread(this.getAttribute("page") ?? location.pathname, { sort, limit });
    let running = true;
    const close = thread.open();
    this.#end = () => {
      running = false;
      close();
    };
    const words = await loadWords(this.closest("[lang]")?.getAttribute("lang") ?? document.documentElement.lang);
    if (!running) return;
    const view = new View(root, client, thread, words, !this.hasAttribute("no-viewers"));
    views.add(view);
    ticker ??= setInterval(tick, TICK_MS);
    this.#end = () => {
      close();
      view.end();
      views.delete(view);
    };
  }
}

/** @param {string | null} server */
function clientOf(server) {
  const url = server ? new URL(server, location.href).href : new URL(import.meta.url).origin;
  const client = clients.get(url) ?? createClient({ url });
  clients.set(url, client);
  return client;
}

function tick() {
  if (!document.hidden) for (const view of views) view.paintTimes();
}

if (globalThis.customElements && !customElements.get("otklik-comments")) customElements.define("otklik-comments", OtklikComments);
