// `<otklik-comments page="post-42">`: live comments with like and dislike, in any page. In this order: the law by which
// what the server says is merged, the line to the server, the pieces put on the page, the element, its looks.
// What people wrote becomes text nodes only. Nothing parses markup, so the strictest content policy is no obstacle.

/** A page before anything is known of it. `held`: comment_id -> comment. */
export const emptyPage = () => ({ epoch: null, rev: 0, total: 0, viewers: 0, held: new Map() });

/** The merge law: of each comment stay the record and the tally with the highest `rev`, so that applying anything
 * twice, or late, changes nothing. `change` is whatever tells of the page: a push, a list, a write's answer. Only one
 * with `from` is complete up to its `rev`, so only that moves the page's own revision. Pure; what stays is shared. */
export function merge(state, change) {
  const held = new Map(state.held);
  for (const record of change.comments ?? []) held.set(record.comment_id, newer(held.get(record.comment_id), record));
  for (const [id, like, dislike, tally_rev] of change.tallies ?? []) {
    const comment = held.get(id);
    if (comment && tally_rev > comment.tally_rev) held.set(id, { ...comment, like, dislike, tally_rev });
  }
  for (const [id, reaction] of change.reactions ?? []) {
    const comment = held.get(id), mine = reaction === "none" ? null : reaction;
    if (comment && comment.mine !== mine) held.set(id, { ...comment, mine });
  }
  const next = { ...state, held, epoch: change.epoch ?? state.epoch, viewers: change.viewers ?? state.viewers };
  const complete = change.from <= state.rev && change.rev >= state.rev;
  return complete ? { ...next, rev: change.rev, total: change.total ?? state.total } : next;
}

// The tally has a revision of its own: a reaction's answer may be at 10 while an edit made at 8 is still on its way, in
// a record that is at 10, too, and must not pass for known. Pushes are the same for everybody, so `mine` is kept.
function newer(held, record) {
  if (!held) return { ...record, tally_rev: record.rev };
  const mine = record.mine !== undefined && record.rev >= held.tally_rev ? record.mine : held.mine;
  if (record.rev <= held.rev) return mine === held.mine ? held : { ...held, mine };
  const { like, dislike } = record.rev > held.tally_rev ? record : held;
  return { ...record, mine, like, dislike, tally_rev: Math.max(record.rev, held.tally_rev) };
}

/** Whether something before the change was missed: then the page is subscribed to again with `since`. */
export const leavesGap = (state, change) => change.from > state.rev;

/** Who is seen under whom: parent (null: the top) -> comments, newest first at the top, oldest first below it. What is
 * not `shown` (deleted, or a state of later versions) is seen only while it carries something that is. Top-level
 * comments below `floor` lie beyond what was listed: a push about one must not put it right under those listed. */
export function outline(state, floor = 0) {
  const under = new Map();
  for (const comment of [...state.held.values()].sort((a, b) => a.comment_id - b.comment_id)) {
    if (!under.has(comment.parent)) under.set(comment.parent, []);
    if (comment.parent !== null || comment.comment_id >= floor) under.get(comment.parent).push(comment);
  }
  const seen = (c) => c.state === "shown" || c.replies > 0 || (under.get(c.comment_id) ?? []).some(seen);
  for (const [parent, comments] of under) under.set(parent, comments.filter(seen));
  under.get(null)?.reverse();
  return under;
}

/** Reaction and counts as the reader sees them: the server's, with a wish not yet answered laid over them. */
export function withWish(comment, wish) {
  const mine = wish ?? comment.mine ?? "none";
  const count = (kind) => comment[kind] - Number(comment.mine === kind) + Number(mine === kind);
  return { mine, like: count("like"), dislike: count("dislike") };
}

// What `ask` gives where no answer came: the query may or may not have been carried out.
const CUT = { status: "failure", code: "cut", message: "The connection was lost. Please try again.", retry: true };
const ANSWER_MS = 20_000; // A line that owes an answer for so long is dead, though the browser may not know it yet.
const succeeded = (answer) => answer.status === "success";

/** One connection that comes back by itself. States: connecting, live, waiting, stopped (for good), closed. */
class Line {
  state = "closed";
  #socket = null; #asked = new Map(); #last_id = 0; #losses = 0; #held_back = []; #timer; #drain_ms;
  constructor(address, on) { this.address = address; this.on = on; }
  open() {
    clearTimeout(this.#timer);
    const socket = this.#socket = new WebSocket(this.address), current = () => socket === this.#socket;
    this.#turn("connecting");
    socket.onopen = () => this.on.open();
    socket.onmessage = ({ data }) => { if (current()) this.#hear(JSON.parse(data)); };
    socket.onclose = ({ code }) => { if (current()) this.end(code >= 4500 && code <= 4999 ? "stopped" : "waiting"); };
  }
  /** Called by the owner once it is in step again: queries that a cut left open go out again from here. */
  live() {
    if (this.state === "live") return;
    this.#timer = setTimeout(() => { this.#losses = 0; }, 30_000);
    this.#turn("live");
  }
  /** The answer to one query, a refusal too; CUT where the line went first. */
  ask(query) {
    if (this.#socket?.readyState !== 1) return Promise.resolve(CUT);
    const id = ++this.#last_id;
    this.#socket.send(JSON.stringify({ id, ...query }));
    return new Promise((resolve) => {
      const deadline = setTimeout(() => this.end("waiting"), ANSWER_MS);
      this.#asked.set(id, (answer) => { clearTimeout(deadline); resolve(answer); });
    });
  }
  /** Asks until there is an answer, over as many lines as it takes, while `still` holds. */
  async settle(query, still) {
    for (;;) {
      const answer = await this.ask(query);
      if (answer !== CUT || this.state === "stopped" || this.state === "closed") return answer;
      const live = await new Promise((resolve) => this.#held_back.push(resolve));
      if (!live || !still()) return answer;
    }
  }
  /** A dead peer does not answer the closing handshake either, so the line counts as gone at once. */
  end(state) {
    this.#socket?.close();
    this.#socket = null;
    clearTimeout(this.#timer);
    for (const resolve of this.#asked.values()) resolve(CUT);
    this.#asked.clear();
    const wait_ms = Math.random() * (this.#drain_ms ?? Math.min(20_000, 500 * 2 ** this.#losses));
    this.#drain_ms = undefined;
    if (state === "waiting") { this.#losses += 1; this.#timer = setTimeout(() => this.open(), wait_ms); }
    this.#turn(state);
  }

  #hear(message) {
    if (message.push === "drain") { // The close follows; everybody comes back at a random moment, not all at once.
      this.#drain_ms = message.reconnect_in_ms;
    } else if (message.push) return this.on.push(message);
    this.#asked.get(message.id)?.(message);
    this.#asked.delete(message.id);
  }

  #turn(state) {
    this.state = state;
    this.on.turn();
    if (state === "connecting" || state === "waiting") return;
    for (const resolve of this.#held_back.splice(0)) resolve(state === "live");
  }
}

// An element with properties (or attributes, where there is no such property) and children; strings become text.
function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) name in node ? node[name] = value : node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const button = (label, onclick, props) => el("button", { type: "button", onclick, ...props }, label);
const plural = (n, one) => `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;
const dateText = (date) => date.toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
const whyLine = (props) => el("p", { className: "why", role: "alert", ...props });
const face = () => el("img", { className: "face", alt: "", loading: "lazy", referrerPolicy: "no-referrer" });

// Writing what stands there already would end the reader's selection.
function setText(node, text) { if (node.textContent !== text) node.textContent = text; }
// What is not an http(s) address is no picture: the empty circle stays.
function setFace(node, img, origin) {
  const url = img && URL.canParse(img, origin) ? new URL(img, origin) : null;
  if (!/^https?:$/.test(url?.protocol)) node.removeAttribute("src");
  else if (node.src !== url.href) node.src = url.href;
}

// Makes `nodes` the children of `list`. A node that stays is never moved, which would take its focus away.
function place(list, nodes) {
  const staying = new Set(nodes);
  for (const child of [...list.children]) if (!staying.has(child)) child.remove();
  let at = list.firstElementChild;
  for (const node of nodes) node === at ? at = at.nextElementSibling : list.insertBefore(node, at);
}

let fields_made = 0; // Makes ids.
function field(tag, name, label, props) {
  const why = whyLine({ id: `why-${++fields_made}` });
  const input = el(tag, { required: true, "aria-describedby": why.id, ...props });
  return { name, input, why, node: el("div", {}, el("label", {}, label, input), why) };
}

// A form that shows a refusal by the field it names; only a success empties it, so that no refusal costs a draft.
function fillIn(className, fields, action, send, done) {
  const why = whyLine(), row = el("div", { className: "row" }, el("button", { className: "main" }, action));
  if (done) row.append(button("Cancel", done));
  const lock = (on) => { for (const { input } of fields) input.readOnly = on; };
  return el("form", { className, async onsubmit(event) {
    event.preventDefault();
    if (fields[0].input.readOnly) return;
    lock(true);
    const answer = await send(Object.fromEntries(fields.map(({ name, input }) => [name, input.value])));
    lock(false);
    const good = succeeded(answer), at = fields.find(({ name }) => name === answer.member);
    for (const f of fields) { setText(f.why, f === at ? answer.message : ""); f.input.ariaInvalid = f === at; }
    setText(why, good || at ? "" : answer.message);
    at?.input.focus();
    if (good) { this.reset(); done?.(); }
  } }, ...fields.map(({ node }) => node), why, row);
}

const textField = (label) => field("textarea", "comment", label, { rows: 3, dir: "auto" });
function enterDialog(type_query, title, autocomplete, enter) {
  const fields = [field("input", "username", "Name", { autocomplete: "username", autocapitalize: "none" }),
    field("input", "password", "Password", { type: "password", autocomplete })];
  const form = fillIn("", fields, title, (given) => enter({ type_query, ...given }), () => dialog.close());
  const dialog = el("dialog", { "aria-label": title, onclose: () => form.reset() }, el("h3", {}, title), form);
  return dialog;
}

function setTally(node, name, n, pressed) {
  setText(node, n.toLocaleString("en"));
  node.ariaPressed = pressed;
  node.ariaLabel = `${name}, ${plural(n, name.toLowerCase())}`;
}

/** One comment on the page, made once and painted over: its drafts and the reader's focus outlive every change. */
class Card {
  constructor(id, acts) {
    this.id = id; this.acts = acts;
    this.face = face(); this.name = el("bdi"); this.time = el("time"); this.why = whyLine(); this.forms = {};
    this.text = el("p", { className: "text", dir: "auto", part: "text" });
    this.like = button("", () => acts.react(id, "like"), { className: "tally" });
    this.dislike = button("", () => acts.react(id, "dislike"), { className: "tally dislike" });
    const edit = ({ comment }) => acts.write({ type_query: "editComment", comment_id: id, comment });
    this.reply = button("Reply", () => this.#open("reply", "Your reply", "Reply", (it) => acts.post(id, it.comment)));
    this.edit = button("Edit", () => this.#open("edit", "Edit your comment", "Save", edit));
    this.remove = button("Delete", () => this.#remove());
    this.row = el("div", { className: "row" }, this.like, this.dislike, this.reply, this.edit, this.remove);
    this.replies = el("ol"); this.more = button("", () => acts.load(id), { className: "more" });
    this.main = el("div", {}, el("header", {}, this.name, this.time), this.text, this.row, this.why);
    this.node = el("li", { part: "comment" }, el("article", {}, this.face, this.main), this.replies, this.more);
  }
  /** `missing`: replies not held. `view` is the same object until the reader or the server's limits change. */
  paint(comment, wish, depth, missing, view) {
    this.more.hidden = missing <= 0;
    setText(this.more, `Show ${missing} more ${missing === 1 ? "reply" : "replies"}`);
    if (this.comment === comment && this.wish === wish && this.view === view) return;
    Object.assign(this, { comment, wish, view });
    const shown = comment.state === "shown", own = view.user !== null && comment.user_id === view.user.user_id;
    const date = new Date(comment.date), { mine, like, dislike } = withWish(comment, wish);
    this.node.classList.toggle("gone", !shown);
    this.row.hidden = this.name.hidden = !shown;
    setText(this.name, comment.username ?? "");
    setFace(this.face, shown && comment.img, view.origin);
    setText(this.text, shown ? comment.comment : comment.state === "deleted" ? "Deleted" : "Hidden");
    setText(this.time, dateText(date) + (shown && comment.edited ? " · edited" : ""));
    this.time.dateTime = comment.date;
    setTally(this.like, "Like", like, mine === "like");
    setTally(this.dislike, "Dislike", dislike, mine === "dislike");
    this.reply.hidden = view.limits.reply_depth_max > 0 && depth >= view.limits.reply_depth_max;
    this.edit.hidden = !own || Date.now() + view.skew_ms - date > view.limits.edit_window_s * 1000;
    this.remove.hidden = !own && !["moderator", "admin"].includes(view.user?.role);
  }
  // A form is made when first asked for, then only hidden, with the draft in it.
  #open(kind, label, action, send) {
    if (this.view.user === null) return this.acts.signIn();
    const shut = () => { this.forms[kind].hidden = true; this[kind].focus(); };
    const form = this.forms[kind] ??= fillIn(kind, [textField(label)], action, send, shut), [text] = form.elements;
    if (kind === "edit" && (form.hidden || !form.parentNode)) text.value = this.comment.comment;
    if (!form.parentNode) this.main.append(form);
    form.hidden = false;
    text.focus();
  }

  async #remove() {
    if (!confirm("Delete this comment?")) return;
    const answer = await this.acts.write({ type_query: "deleteComment", comment_id: this.id });
    setText(this.why, succeeded(answer) ? "" : answer.message);
  }
}

// Storage may be refused (private windows, sandboxed frames): then one stays signed in as long as the page stays.
function stored(act) { try { return act(localStorage); } catch { return null; } }
const STATES = new Map([["connecting", "Connecting…"], ["waiting", "No connection. Trying again…"],
  ["stopped", "The server ended the connection. Reload the page to come back."]]);

class OtklikComments extends (globalThis.HTMLElement ?? Object) {
  static observedAttributes = ["page", "server"];
  #name; #line; #ui; #page = emptyPage(); #floor = 0; #cursors = new Map(); #cards = new Map(); #wishes = new Map();
  #view = { user: null, origin: "", open: true, skew_ms: 0, limits: { edit_window_s: 0, reply_depth_max: Infinity } };
  #token_key; #token = null; #notice = ""; #subscribing = false; #frame = 0;

  connectedCallback() {
    const home = new URL("/ws", import.meta.url), address = new URL(this.getAttribute("server") ?? home, location.href);
    if (address.pathname === "/") address.pathname = "/ws";
    address.protocol = address.protocol.replace("http", "ws");
    // A token is shown only to the server that gave it.
    this.#token_key = address.host === home.host ? "otklik.token" : `otklik.token@${address.host}`;
    this.#name = this.getAttribute("page");
    if (!this.#ui) this.#build();
    this.#begin();
    this.#see({ origin: address.origin.replace("ws", "http") });
    const on = { open: () => this.#greet(), push: (push) => this.#hear(push), turn: () => this.#soon() };
    (this.#line = new Line(address, on)).open();
  }

  disconnectedCallback() { this.#line.end("closed"); }
  attributeChangedCallback() { if (this.#line && this.isConnected) this.#line.end("closed"), this.connectedCallback(); }
  #begin() { this.#page = emptyPage(); this.#floor = Infinity; this.#cursors = new Map([[null, null]]); }
  #apply(change) { this.#page = merge(this.#page, change); this.#soon(); }
  #see(part) { this.#view = { ...this.#view, ...part }; this.#soon(); }
  #say(notice) { this.#notice = notice; this.#soon(); }

  // All go out at once: the server holds back what follows a sign-in, so `subscribe` knows the reader. The tallies of a
  // resumed page do not say which reactions are the reader's, and a `reacted` may have been missed.
  async #greet() {
    const asked = this.#line.ask({ type_query: "hello" });
    this.#signInAgain();
    this.#subscribe();
    if (this.#page.epoch !== null && this.#view.user) this.#loadMine();
    const hello = await asked;
    if (!succeeded(hello)) return;
    this.#see({ limits: hello.limits, open: hello.sign_up === "open", skew_ms: Date.parse(hello.now) - Date.now() });
  }

  async #subscribe(afresh = false) {
    if (this.#subscribing) return;
    this.#subscribing = true;
    const { rev, epoch } = this.#page, since = afresh || epoch === null ? {} : { since: rev, epoch };
    const answer = await this.#line.ask({ type_query: "subscribe", page: this.#name, ...since });
    this.#subscribing = false;
    if (!succeeded(answer)) return this.#refused(answer, () => this.#subscribe(afresh));
    if (!answer.resumed) { this.#begin(); this.#listed(null, answer); }
    this.#apply({ ...answer, from: answer.resumed ? rev : 0 });
    this.#line.live();
  }
  // A cut needs nothing done: the next line starts with all of it.
  #refused(answer, again) {
    if (answer === CUT) return;
    this.#say(answer.message);
    if (answer.retry) setTimeout(again, answer.retry_after_ms ?? 2_000);
  }

  #hear(push) {
    if (push.push === "role" && this.#view.user) this.#see({ user: { ...this.#view.user, role: push.role } });
    if (push.push === "signedOut") this.#signInAgain(`You were signed out: ${push.reason.replace("_", " ")}.`);
    if (push.page !== this.#name) return;
    if (push.push === "reset") this.#subscribe(true);
    if (push.push === "reacted") this.#apply({ reactions: [[push.comment_id, push.reaction]] });
    if (push.push === "viewers" || push.push === "update") this.#apply(push);
    if (leavesGap(this.#page, push)) this.#subscribe();
  }

  #become(user, token) {
    this.#token = token;
    stored((storage) => token === null ? storage.removeItem(this.#token_key) : storage.setItem(this.#token_key, token));
    const reactions = [...this.#page.held.keys()].map((id) => [id, "none"]);
    if (user?.user_id !== this.#view.user?.user_id) this.#apply({ reactions });
    this.#see({ user });
    if (user && this.#line.state === "live") this.#loadMine();
  }

  async #enter(query) {
    const answer = await this.#line.ask(query);
    if (succeeded(answer)) { this.#say(""); this.#become(answer, answer.token ?? query.token); }
    return answer;
  }
  // `out`: why the server ended a sign-in; the stored token may be a newer one, of another window of this browser.
  async #signInAgain(out) {
    const token = stored((storage) => storage.getItem(this.#token_key)) ?? this.#token;
    if (token === null) return this.#become(null, null);
    const answer = await this.#enter({ type_query: "signInWithToken", token });
    if (succeeded(answer) || answer === CUT) return;
    this.#become(null, answer.retry ? token : null);
    this.#refused({ ...answer, message: out ?? answer.message }, () => this.#signInAgain(out));
  }

  async #loadMine() {
    const held = [...this.#page.held.values()];
    for (let at = 0; at < held.length; at += 500) {
      const some = held.slice(at, at + 500), comment_ids = some.map((comment) => comment.comment_id);
      const answer = await this.#line.ask({ type_query: "loadReactions", comment_ids });
      if (!succeeded(answer)) return;
      // What changed while it was asked is newer than the answer.
      const own = new Map(answer.reactions), same = (c) => this.#page.held.get(c.comment_id)?.mine === c.mine;
      this.#apply({ reactions: some.filter(same).map(({ comment_id: id }) => [id, own.get(id) ?? "none"]) });
    }
  }
  // A write that a cut left open goes out again, with its `key` where it has one, but never as somebody else's.
  async #write(query) {
    const author = this.#view.user?.user_id;
    const answer = await this.#line.settle(query, () => this.#view.user?.user_id === author);
    if (answer.comment) this.#apply({ comments: [answer.comment] });
    return answer;
  }

  #post(parent, comment) {
    const key = crypto.getRandomValues(new Uint32Array(4)).join("-"); // `randomUUID` is missing on plain http.
    return this.#write({ type_query: "postComment", page: this.#name, parent: parent ?? undefined, comment, key });
  }
  // At most one query in flight for a comment; of what is pressed meanwhile the last wish follows it.
  async #react(id, kind) {
    if (!this.#view.user) return this.#ui.acts.signIn();
    const in_flight = this.#wishes.has(id), { mine } = withWish(this.#page.held.get(id), this.#wishes.get(id));
    this.#wishes.set(id, mine === kind ? "none" : kind);
    this.#soon();
    while (!in_flight && this.#wishes.has(id)) {
      const wish = this.#wishes.get(id), query = { type_query: "react", comment_id: id, reaction: wish };
      const answer = await this.#write(query), { like, dislike, rev, reaction } = answer, good = succeeded(answer);
      if (good) this.#apply({ tallies: [[id, like, dislike, rev]], reactions: [[id, reaction]] });
      if (!good || this.#wishes.get(id) === wish) this.#wishes.delete(id);
      setText(this.#cards.get(id).why, good ? "" : answer.message);
      this.#soon();
    }
  }
  // More of the top (`parent` null), or of one comment's replies.
  async #load(parent) {
    const cursor = this.#cursors.get(parent) ?? undefined;
    const query = { type_query: "loadComments", page: this.#name, cursor };
    const answer = await this.#line.ask(parent === null ? query : { ...query, parent, sort: "oldest", limit: 100 });
    if (!succeeded(answer)) return this.#say(answer.message);
    if (cursor !== (this.#cursors.get(parent) ?? undefined)) return; // Asked twice, or the page began afresh.
    this.#apply(answer);
    this.#listed(parent, answer);
  }

  #listed(parent, { comments, next }) {
    this.#cursors.set(parent, next);
    const tops = comments.filter((comment) => comment.parent === null).map((comment) => comment.comment_id);
    if (parent === null) this.#floor = next === null ? 0 : Math.min(this.#floor, ...tops);
  }

  #build() {
    const enter = (query) => this.#enter(query), send = ({ comment }) => this.#post(null, comment);
    const signOut = () => { this.#line.ask({ type_query: "signOut" }); this.#become(null, null); };
    const signInDialog = enterDialog("signIn", "Sign in", "current-password", enter);
    const signUpDialog = enterDialog("signUp", "Sign up", "new-password", enter);
    const acts = { signIn: () => signInDialog.showModal(), react: (id, kind) => this.#react(id, kind),
      load: (id) => this.#load(id), post: (id, text) => this.#post(id, text), write: (query) => this.#write(query) };
    const ui = this.#ui = { acts,
      title: el("h2"), face: face(), name: el("bdi"), state: el("p", { className: "state" }), note: whyLine(),
      signIn: button("Sign in", acts.signIn), signUp: button("Sign up", () => signUpDialog.showModal()),
      signOut: button("Sign out", signOut), writing: fillIn("", [textField("Your comment")], "Post", send),
      list: el("ol", { className: "list" }), empty: el("p", { className: "state" }, "No comments yet."),
      older: button("Load more", () => this.#load(null), { className: "more" }),
    };
    const root = this.attachShadow({ mode: "open" }), sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    root.adoptedStyleSheets = [sheet];
    root.append(el("header", { className: "top" }, ui.title, ui.face, ui.name, ui.signOut, ui.signIn, ui.signUp),
      ui.state, ui.note, ui.writing, ui.list, ui.empty, ui.older, signInDialog, signUpDialog);
  }
  // Once a frame, however much came in.
  #soon() { this.#frame ||= requestAnimationFrame(() => { this.#frame = 0; this.#paint(); }); }

  #paint() {
    const ui = this.#ui, { state } = this.#line, { user, origin, open } = this.#view, { total, viewers } = this.#page;
    const lists = outline(this.#page, this.#floor), listOf = (parent) => lists.get(parent) ?? [];
    const fill = (list, parent, depth) => place(list, listOf(parent).map((comment) => {
      const id = comment.comment_id, held = listOf(id).filter((reply) => reply.state === "shown").length;
      const card = this.#cards.get(id) ?? new Card(id, ui.acts);
      this.#cards.set(id, card);
      card.paint(comment, this.#wishes.get(id), depth, comment.replies - held, this.#view);
      fill(card.replies, id, depth + 1);
      return card.node;
    }));
    fill(ui.list, null, 0);
    setText(ui.title, total ? plural(total, "comment") : "Comments");
    setText(ui.state, STATES.get(state) ?? `Live · ${plural(viewers, "viewer")}`);
    ui.state.dataset.state = state;
    setText(ui.note, this.#notice);
    setText(ui.name, user?.username ?? "");
    setFace(ui.face, user?.img, origin);
    ui.face.hidden = ui.name.hidden = ui.signOut.hidden = ui.writing.hidden = user === null;
    ui.signIn.hidden = user !== null; ui.signUp.hidden = user !== null || !open;
    ui.empty.hidden = ui.list.childElementCount > 0 || this.#page.epoch === null;
    ui.older.hidden = this.#cursors.get(null) === null;
  }
}

const STYLES = `
:host { --ink: var(--otklik-ink, light-dark(#1d2430, #e6e9ee)); --dim: var(--otklik-dim, light-dark(#5b6472, #9ba5b4));
  --line: var(--otklik-line, light-dark(#dde2e7, #343d4a)); --soft: var(--otklik-soft, light-dark(#edf3f1, #26302f));
  --paper: var(--otklik-paper, light-dark(#fff, #181d25)); --accent: var(--otklik-accent, light-dark(#17695a, #7fd4bd));
  --wrong: light-dark(#b3261e, #ff9d92); display: block; color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
* { box-sizing: border-box; margin: 0; } [hidden], .why:empty { display: none !important; } h2 { flex: 1; }
.top, .row, article header { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; }
h2, h3 { font-size: 1.25rem; } bdi, .main { font-weight: 600; } bdi, .text { overflow-wrap: anywhere; }
h2, .state, .tally { font-variant-numeric: tabular-nums; } .state { margin-block: .25rem 1rem; }
label, time, .state, .gone > article .text { color: var(--dim); font-size: .875rem; } [data-state]::before { content: "● "; }
button, input, textarea { padding: .4rem .75rem; border: 1px solid var(--line); border-radius: .5rem;
  color: var(--ink); background: none; font: inherit; font-size: 1rem; }
input, textarea { display: block; inline-size: 100%; margin-block-start: .25rem; background: var(--paper); }
button { cursor: pointer; } button:hover { background: var(--soft); } .row button { font-size: .875rem; }
.row button:not(.main, .tally) { color: var(--dim); border-color: transparent; } .why { color: var(--wrong); }
form { display: grid; gap: .75rem; margin-block: 1rem; } form .main { color: var(--paper); background: var(--accent); }
[data-state=live]::before, .tally[aria-pressed=true] { color: var(--accent); border-color: currentColor; }
.tally::before { content: ""; display: inline-block; inline-size: 15px; block-size: 15px; margin-inline-end: .4rem;
  vertical-align: -2px; background: currentColor; forced-color-adjust: none;
  clip-path: path("M0 7h3v7H0zM4 7 7.5 1C9 1 9.6 2 9.2 3.5L8.5 6H13c1.1 0 1.7.9 1.5 1.8l-1 4.7c-.2.9-.9 1.5-1.8 1.5H4z"); }
.dislike::before { rotate: 180deg; } :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
ol { padding: 0; list-style: none; } ol ol { padding-inline-start: min(3rem, 4vw); } ol ol ol ol { padding: 0; }
li, .more { margin-block: 1rem 0; } article { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .75rem; }
.list > li, dialog { padding: 1rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--paper); }
dialog { margin: auto; inline-size: min(22rem, 92vw); color: inherit; } dialog::backdrop { background: #0008; }
.face { inline-size: 2.25rem; block-size: 2.25rem; border-radius: 50%; object-fit: cover; background: var(--line); }
.text { margin-block: .125rem .5rem; white-space: pre-wrap; } .text:has(~ .edit:not([hidden])) { display: none; }
@media (pointer: coarse) { button { min-block-size: 44px; min-inline-size: 44px; } }
`;
globalThis.customElements?.define("otklik-comments", OtklikComments);
