// The thread on the page: its parts, what they share, and when they are painted. The thread's store calls back at most
// once a frame, and each card listens for itself, so that a like paints one card.

import { Card, Unsent } from "./card.js";
import { compose } from "./composer.js";
import { button, el, face, place, setFace, setText } from "./dom.js";

/** @import { Client, Result, Sort, Thread, ThreadView } from "../index.js" */
/** @import { Words } from "./words.js" */
/** @import { Later } from "./later.js" */

/** So many new cards are made in one frame, which is more than a screen of them: these come first, and move nothing that is
 * seen when the others follow; and a click is not kept waiting for a hundred. */
const CARDS_MAX = 20;

/** What is not needed for the first comments is loaded so long after them. */
const LATER_MS = 300;

/** @type {Sort[]} */
const SORTS = ["newest", "oldest", "top", "controversial"];

export class View {
  /** @type {Map<number, Card>} */
  #cards = new Map();
  /** @type {Map<string, Unsent>} */
  #unsent = new Map();
  /** What was painted last. @type {ThreadView | undefined} */
  #seen;
  #state = "";
  #ended = false;
  /** The frame in which the next cards are made; 0 where all are. */
  #frame = 0;
  /** @type {Promise<Later> | undefined} */
  #later;
  #viewers;
  #stops;
  title = el("h2.title");
  name = el("bdi.author");
  face = face();
  live = el("span.live");
  /** The reader's picture beside what they write. */
  writer = face();
  list = el("ol.list", { role: "list" });
  state = el("div.state");
  footer = el("footer");
  region = el("p.sr", { role: "status" });

  /**
   * Builds everything and keeps it in step until `end`.
   * @param {ShadowRoot} root
   * @param {Client} client
   * @param {Thread} thread
   * @param {Words} words
   * @param {boolean} viewers whether it says how many are reading
   */
  constructor(root, client, thread, words, viewers) {
    const { t } = words;
    this.t = t;
    this.root = root;
    this.client = client;
    this.thread = thread;
    this.words = words;
    this.#viewers = viewers;
    this.composer = compose(this, { to: "new", label: t("write"), action: t("post"), send: (text) => this.post(text, null) });
    this.pill = button("button.pill.fresh", "", () => this.#showFresh());
    this.more = button("button.more", "", () => this.act(thread.loadMore()));
    this.enter = button("button.sign-in", t("sign_in"), () => this.signIn());
    this.user = button("button.user", "", () => this.#openMenu(), { ariaExpanded: "false" });
    this.user.append(this.face, this.name);
    const order = () => this.act(thread.setSort(SORTS[this.sort.selectedIndex] ?? "newest"));
    this.sort = el("select.order", { ariaLabel: t("sort"), onchange: order }, ...SORTS.map((value) => el("option", { value }, t(value))));
    this.pause = button("button.plain.pause", t("pause"), () => thread[thread.get().paused ? "resume" : "pause"](), { title: t("pause_hint") });
    this.section = el("div.thread", { lang: words.lang },
      el("header.head", {}, this.title, el("div.who", {}, this.enter, this.user)),
      el("div.writing", {}, this.writer, this.composer.form),
      el("div.bar", {}, this.live, this.pause, el("span.sort", {}, this.sort)),
      el("div.float.above", {}, this.pill), this.list, this.state, this.more, this.footer, this.region);
    const paint = () => this.paint();
    this.#stops = [thread.subscribe(paint), client.connection.subscribe(paint), client.session.subscribe(() => this.#paintUser())];
    this.#paintUser();
    paint();
    root.replaceChildren(this.section);
    setTimeout(() => this.#ended || this.later().catch(() => {}), LATER_MS);
  }

  end() {
    this.#ended = true;
    cancelAnimationFrame(this.#frame);
    for (const stop of this.#stops) stop();
    for (const card of this.#cards.values()) card.end();
    void this.#later?.then((later) => later.end(), () => {});
  }

  /** What is loaded after the first comments. */
  later() {
    this.#later ??= Promise.all([import("./later.js"), this.words.load(1)]).then(([{ Later }]) => {
      // What was told in the server's words is told in one's own.
      this.#seen = undefined;
      this.paint();
      const later = new Later(this);
      if (this.#ended) later.end();
      return later;
    }).catch((fault) => {
      // Not loaded now: asked for again when it is wanted next.
      this.#later = undefined;
      throw fault;
    });
    return this.#later;
  }

  /** A part that comes when it is first wanted, and needs those. @template T @param {Promise<T>} part */
  async part(part) {
    await this.later();
    return part;
  }

  /** The card of a comment, made when it is first needed. @param {number} id */
  card(id) {
    const card = this.#cards.get(id) ?? new Card(this, id);
    this.#cards.set(id, card);
    return card;
  }

  /** @param {Element | null | undefined} article */
  cardAt(article) {
    return this.#cards.get(Number(article?.id.slice("comment-".length)));
  }

  paintTimes() {
    for (const card of this.#cards.values()) card.paintTime();
  }

  /** What the reader wrote under a comment (null: on the page itself) and the server has not confirmed. @param {number | null} under */
  unsent(under) {
    return this.thread.get().unsent.filter(({ parent }) => parent === under).map((item) => {
      const card = this.#unsent.get(item.key) ?? new Unsent(this, item.key);
      this.#unsent.set(item.key, card);
      card.paint(item);
      return card.node;
    });
  }

  /** Does what needs a user; a guest signs in first. @param {() => unknown} run */
  asUser = (run) => {
    if (this.client.session.writer) run();
    else void this.signIn(run);
  };

  /** @param {() => unknown} [then] */
  async signIn(then) {
    const enter = await this.part(import("./enter.js"));
    // Asked for twice while it was being loaded.
    if (!this.root.querySelector("dialog")) enter.signIn(this, then);
  }

  /** Says why something that the reader did was refused; gives whether it was done. @param {Promise<Result>} result */
  async act(result) {
    const answer = await result;
    if (!answer.ok) {
      await this.later();
      this.say(this.words.why(answer.refusal));
    }
    return answer.ok;
  }

  /** To those who listen to the page. A new node each time: the same words twice are said twice. @param {string} text */
  say(text) {
    this.region.replaceChildren(el("span", {}, text));
  }

  /** @param {string} comment @param {number | null} parent @returns {Promise<Result>} */
  async post(comment, parent) {
    // From here on it is the outbox's: it stands in the list, with what becomes of it.
    void this.act(this.thread.post(comment, parent));
    return { ok: true };
  }

  /** @param {number} [cards_max] how many cards may be made for it now */
  paint(cards_max = CARDS_MAX) {
    const { thread, t } = this;
    const view = thread.get();
    if (this.#frame || view.top !== this.#seen?.top || view.unsent !== this.#seen.unsent) this.#paintList(view, cards_max);
    this.#seen = view;
    this.#paintState(view);
    this.#paintHead(view);
    this.pill.hidden = !view.fresh;
    setText(this.pill, t("fresh", { n: view.fresh }));
    this.more.hidden = !view.more;
    setText(this.more, t(view.loading_more ? "loading" : "more"));
  }

  /** @param {ThreadView} view @param {number} cards_max */
  #paintList({ top, unsent, sort }, cards_max) {
    const own = this.unsent(null);
    const made = top.filter((id) => this.#cards.has(id) || (cards_max -= 1) >= 0);
    const cards = made.map((id) => this.card(id).node);
    cancelAnimationFrame(this.#frame);
    this.#frame = made.length < top.length ? requestAnimationFrame(() => this.paint()) : 0;
    place(this.list, sort === "oldest" ? [...cards, ...own] : [...own, ...cards]);
    // Replies in the outbox stand with their parents: those that came, and those that went.
    for (const { parent } of [...unsent, ...this.#seen?.unsent ?? []]) this.#cards.get(parent ?? 0)?.paint();
    for (const [key, { node }] of this.#unsent) if (!this.list.contains(node)) this.#unsent.delete(key);
    // Cards of comments that have gone from the page listen no longer.
    for (const [id, card] of this.#cards) {
      if (this.list.contains(card.node)) continue;
      card.end();
      this.#cards.delete(id);
    }
  }

  /** @param {ThreadView} view */
  #paintHead({ total, viewers, sort, paused }) {
    const { t, client } = this;
    const state = !/live|probing/.test(client.connection.get().state) ? "connecting" : paused ? "paused" : "live";
    const reading = this.#viewers && viewers && state !== "connecting";
    setText(this.title, t(total ? "comments" : "comments_none", { n: total }));
    setText(this.live, t(state) + (reading ? ` · ${t("reading", { n: viewers })}` : ""));
    this.live.dataset.state = state;
    this.pause.ariaPressed = `${paused}`;
    this.sort.value = sort;
  }

  #paintUser() {
    const { t, client } = this;
    const session = client.session.get();
    const { img = null, username = "" } = session.user ?? {};
    const guest = !session.user && session.known;
    this.composer.paintUser(guest);
    this.enter.hidden = !guest;
    this.user.hidden = !session.user;
    this.user.ariaLabel = t("user_menu", { name: username });
    setText(this.name, username);
    for (const face of [this.face, this.writer]) setFace(face, client.picture(img));
  }

  /** What stands in the place of comments where there are none to show, or more to come. @param {ThreadView} view */
  #paintState({ status, refusal, top, loading_more }) {
    const { t, client } = this;
    const bare = status === "ready" ? !this.list.childElementCount : !top.length;
    const { refused_origin } = client.connection.get();
    const why = refused_origin ? t("why_origin") || refused_origin : refusal && this.words.why(refusal);
    // Shapes take the room of what is to come at once, while the click is fresh: later nothing on the screen moves.
    const state = !bare ? loading_more ? "more" : "" : status === "ready" ? "empty" : why || "loading";
    if (state === this.#state) return;
    this.#state = state;
    const again = button("button.again", t("try_again"), () => client.connection.tryNow());
    const box = state === "empty"
      ? el("div.empty", {}, el("strong", {}, t("empty")), t("empty_hint"))
      : el("div.empty.failed", {}, el("strong", {}, t("failed")), state, again);
    const busy = /^(loading|more)$/.test(state);
    this.state.replaceChildren(...state ? [busy ? skeleton() : box] : []);
    this.section.ariaBusy = `${busy}`;
  }

  #showFresh() {
    const before = new Set(this.#seen?.top);
    this.thread.showFresh();
    this.paint(Infinity);
    const first = this.#seen?.top.find((id) => !before.has(id));
    if (first) this.card(first).focus();
  }

  async #openMenu() {
    (await this.part(import("./menu.js"))).toggle(this, this.user);
  }
}

/** Grey shapes as high as a screen of comments, so that little moves when these come. */
export const skeleton = () => el("div.skeleton", { ariaHidden: "true" }, ...Array.from({ length: 5 }, () => el("div.ghost")));
