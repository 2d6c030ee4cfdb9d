// One comment on the page: one that the server has, and one that it has not confirmed.

import { compose } from "./composer.js";
import { button, el, face, icon, place, setCount, setFace, setText } from "./dom.js";

/** @import { CommentView, Kind, UnsentComment } from "../index.js" */
/** @import { View } from "./view.js" */

/** @type {Kind[]} */
const KINDS = ["like", "dislike"];

const THUMB = "M6.5 9 9.7 2.6q2 0 1.8 2L11 8h4.2q2 0 1.7 2.2l-1.3 5q-.4 1.6-2 1.6H6.5zm0 0v8H3V9z";

/** Replies below this depth stand no further in than those above them; their heads say to whom they are. */
const INDENT_MAX = 3;

/** What both have: whose it is, what it says, what can be done. */
class Frame {
  /** @param {View} view */
  constructor(view) {
    this.view = view;
    this.face = face();
    this.name = el("bdi.author");
    this.by = el("header.by", {}, this.name);
    this.text = el("p.text", { dir: "auto" });
    this.row = el("div.actions");
    this.body = el("div.body", {}, this.by, this.text, this.row);
    this.article = el("article.comment", { tabIndex: -1 }, this.face, this.body);
    this.node = el("li.item", {}, this.article);
  }

  /** @param {string | null | undefined} name @param {string | null | undefined} img @param {string} text */
  paintFrame(name, img, text) {
    setText(this.name, name ?? "");
    setFace(this.face, this.view.client.picture(img ?? null));
    setText(this.text, text);
  }
}

/** Made once and painted over: the reader's focus, selection and drafts outlive every change of it. */
export class Card extends Frame {
  /** @type {CommentView | undefined} */
  comment;
  /** In place of something: a reply, an edit, a question. Only one at a time. @type {HTMLElement | null} */
  #form = null;
  /** Direct replies that are on the page. @type {Set<number>} */
  #placed = new Set();
  /** What comes next was asked for by the reader, so that it may move what stands below. */
  #asked = true;
  #open = true;

  /**
   * @param {View} view
   * @param {number} id
   */
  constructor(view, id) {
    super(view);
    const { t, thread } = view;
    this.id = id;
    this.to = el("span.to");
    this.time = el("time");
    this.by.append(this.to, el("a.time", { href: `#comment-${id}` }, this.time));
    this.tallies = KINDS.map((kind) => button(`button.tally.${kind}`, "", () => this.react(kind)));
    for (const tally of this.tallies) tally.append(icon(THUMB), el("span.count", { ariaHidden: "true" }));
    this.reply = button("button.plain.reply", t("reply"), () => this.openReply());
    this.row.append(...this.tallies, this.reply);
    this.why = el("p.why");
    this.body.append(this.why);
    this.fold = button("button.plain.fold", "", () => this.unfold(!this.#open));
    this.replies = el("ol.replies", { role: "list" });
    this.more = button("button.plain.more-replies", "", () => this.#load());
    this.under = el("div.under", {}, this.fold, this.replies, this.more);
    this.fresh = button("button.fresh-replies", "", () => this.#showFresh());
    this.node.append(this.under, this.fresh);
    this.by.id = `by-${id}`;
    this.article.id = `comment-${id}`;
    this.article.setAttribute("aria-labelledby", this.by.id);
    /** Gives up listening. */
    this.end = thread.watch(id, () => this.paint());
    this.paint();
  }

  paint() {
    const comment = this.view.thread.comment(this.id);
    if (!comment) return;
    if (comment !== this.comment) this.#paintComment(comment, this.comment);
    this.#paintReplies(comment);
  }

  /** Time passes for all cards at once. */
  paintTime() {
    const { comment, view: { words, client, t } } = this;
    if (!comment) return;
    const ago = words.ago(Date.now() + client.session.get().skew_ms - Date.parse(comment.date));
    setText(this.time, comment.edited ? `${ago} · ${t("edited")}` : ago);
  }

  /** The reader's eye and keys go here. @param {ScrollLogicalPosition} [block] */
  focus(block = "nearest") {
    this.article.focus({ preventScroll: true });
    this.article.scrollIntoView({ block });
  }

  /** Its replies are to be seen (all that came meanwhile, too), or not. @param {boolean} [open] */
  unfold(open = true) {
    this.#open = open;
    this.#asked = true;
    this.paint();
  }

  /** Opens the form for a reply, or goes to it. @param {string} [text] */
  openReply(text) {
    const { view, id, comment } = this;
    if (!comment?.may_reply) return;
    const done = () => {
      this.setForm(null);
      this.reply.focus();
    };
    const label = view.t("reply_to", { name: comment.username ?? "" });
    const composer = compose(view, { to: `reply-${id}`, label, action: view.t("reply"), send: (text) => view.post(text, id), done });
    composer.paintUser(!view.client.session.get().user);
    this.setForm(composer.form);
    composer.fill(text ?? composer.input.value);
  }

  /** @param {Kind} kind */
  react(kind) {
    // What is wished is settled now, not by what was painted last: signing in may show that it was so already.
    const { thread } = this.view;
    const reaction = thread.comment(this.id)?.mine === kind ? "none" : kind;
    this.view.asUser(() => this.view.act(thread.react(this.id, reaction)));
  }

  /** @param {HTMLElement | null} form */
  setForm(form) {
    this.#form?.remove();
    this.#form = form;
    if (form) this.body.append(form);
  }

  /**
   * @param {CommentView} comment
   * @param {CommentView | undefined} before
   */
  #paintComment(comment, before) {
    const { view: { t, words, thread }, article } = this;
    const { state, depth, date, edited, refusal } = comment;
    const shown = state === "shown";
    // A comment that goes while it is on the screen leaves its room, so that nothing below jumps.
    if (before && !shown) article.style.minBlockSize = `${article.offsetHeight}px`;
    this.comment = comment;
    article.classList.toggle("gone", !shown);
    this.paintFrame(comment.username, comment.img, shown ? comment.comment : t(state === "deleted" ? state : "hidden"));
    const name = depth > 1 && thread.comment(comment.parent ?? 0)?.username;
    setText(this.to, name ? t("to", { name }) : "");
    this.time.dateTime = date;
    this.time.title = words.date(date) + (edited ? ` · ${t("edited_at", { at: words.date(edited) })}` : "");
    this.paintTime();
    this.tallies.forEach((tally, at) => {
      const kind = KINDS[at] ?? "like";
      const n = comment[kind];
      setCount(tally.lastElementChild, words.number(n), n > (before?.[kind] ?? 0));
      tally.ariaPressed = `${comment.mine === kind}`;
      tally.ariaLabel = t(`${kind}_count`, { n });
    });
    this.reply.hidden = !comment.may_reply;
    setText(this.why, refusal ? words.why(refusal) : "");
    this.#offer("edit", comment.may_edit);
    this.#offer("delete", comment.may_delete);
    this.under.classList.toggle("flat", depth >= INDENT_MAX);
  }

  /** A button for one's own comment; what it does is loaded when it is first wanted. @param {"edit" | "delete"} what @param {boolean} may */
  #offer(what, may) {
    const there = this.row.querySelector(`.${what}`);
    const open = async () => (await this.view.part(import("./own.js")))[what](this);
    if (!may) there?.remove();
    else if (!there) this.row.append(button(`button.plain.${what}`, this.view.t(what), open));
  }

  /** @param {CommentView} comment */
  #paintReplies({ replies_missing }) {
    const { view: { t, thread }, view } = this;
    const held = thread.replies(this.id);
    const seen = held.filter((id) => this.#asked || this.#placed.has(id) || this.#mayJoin(id));
    this.#asked = false;
    this.#placed = new Set(seen);
    const nodes = [...seen.map((id) => view.card(id).node), ...view.unsent(this.id)];
    const n = replies_missing + seen.length;
    place(this.replies, this.#open ? nodes : []);
    this.under.hidden = !n && !nodes.length;
    this.fold.ariaExpanded = `${this.#open}`;
    setText(this.fold, t("replies", { n }));
    this.more.hidden = !this.#open || !replies_missing;
    setText(this.more, t("more_replies", { n: replies_missing }));
    this.fresh.hidden = held.length === seen.length;
    setText(this.fresh, t("fresh_replies", { n: held.length - seen.length }));
  }

  /** Another's reply joins by itself where that moves nothing that is seen; else it waits to be asked for. @param {number} id */
  #mayJoin(id) {
    const { top, bottom } = this.node.getBoundingClientRect();
    return bottom < 0 || top > innerHeight || !this.#open || this.view.thread.comment(id)?.own;
  }

  #showFresh() {
    const before = this.#placed;
    this.unfold();
    const first = [...this.#placed].find((id) => !before.has(id));
    if (first) this.view.card(first).focus();
  }

  async #load() {
    await this.view.act(this.view.thread.loadReplies(this.id));
    this.unfold();
  }
}

/** One of the reader's own that the server has not confirmed: where it will stand, as high as it will be. */
export class Unsent extends Frame {
  /** @type {UnsentComment | undefined} */
  #item;

  /**
   * @param {View} view
   * @param {string} key
   */
  constructor(view, key) {
    super(view);
    const { t, thread } = view;
    this.fate = el("span.fate");
    this.choices = [
      button("button.plain.again", t("try_again"), () => view.asUser(() => view.act(thread.postAgain(key)))),
      button("button.plain.edit", t("edit"), () => this.#change(key)),
      button("button.plain.discard", t("discard"), () => thread.discard(key)),
    ];
    this.row.append(this.fate, ...this.choices);
    this.node.classList.add("unsent");
  }

  /** @param {UnsentComment} item */
  paint(item) {
    const { client, words, t } = this.view;
    const { user } = client.session.get();
    const { state, refusal } = this.#item = item;
    this.paintFrame(user?.username, user?.img, item.comment);
    setText(this.fate, state !== "refused" ? t(state) : refusal ? words.why(refusal) : "");
    this.node.classList.toggle("refused", state === "refused");
    for (const choice of this.choices) choice.hidden = state !== "refused";
  }

  /** @param {string} key */
  #change(key) {
    const { comment = "", parent = null } = this.#item ?? {};
    this.view.thread.discard(key);
    if (parent) this.view.card(parent).openReply(comment);
    else this.view.composer.fill(comment);
  }
}
