// What is told from time to time: in a bar at the window's lower edge, which moves nothing, and to those who listen
// instead of looking, in the view's live region. It listens for itself: to the connection, the session, the thread.

import { button, el, setText } from "./dom.js";
import { addStyles } from "./more-styles.js";

/** @import { View } from "./view.js" */

/** New comments are told of at most so often: a busy page must not talk over what is being read out. */
const FRESH_MS = 10_000;

export class Notices {
  #view;
  #stops;
  #fresh_told = 0;
  #fresh_at_ms = -FRESH_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #fresh_timer;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #countdown;
  /** @type {string | null} */
  #signed_out = null;

  /** @param {View} view */
  constructor(view) {
    const { t, client, root, section, thread } = view;
    this.#view = view;
    this.connection = el("span");
    this.try = button("button.try", "", () => this.#try());
    this.banner = el("div.banner", { hidden: true }, this.connection, this.try);
    this.words = el("span");
    this.action = button("button.act", "", () => {});
    const close = button("button.plain.close", t("close"), () => this.tell(""));
    this.notice = el("div.banner.notice", { hidden: true }, this.words, this.action, close);
    addStyles(root);
    section.append(el("div.float.below", {}, this.banner, this.notice));
    this.#stops = [
      client.connection.subscribe(() => this.#paintConnection()),
      client.session.subscribe(() => this.#paintSignedOut()),
      thread.subscribe(() => this.#tellFresh()),
    ];
    this.#paintConnection();
    this.#paintSignedOut();
  }

  end() {
    for (const stop of this.#stops) stop();
    clearTimeout(this.#fresh_timer);
    clearInterval(this.#countdown);
  }

  /**
   * Shows a sentence until it is closed (an empty one closes it), with something to do about it.
   * @param {string} text
   * @param {string} [action]
   * @param {() => unknown} [run]
   */
  tell(text, action = "", run) {
    this.notice.hidden = text === "";
    setText(this.words, text);
    setText(this.action, action);
    this.action.hidden = action === "";
    this.action.onclick = () => {
      this.tell("");
      run?.();
    };
    if (text) this.#view.say(text);
  }

  #tellFresh() {
    const { fresh } = this.#view.thread.get();
    const grew = fresh > this.#fresh_told;
    if (!grew) this.#fresh_told = fresh;
    if (!grew || this.#fresh_timer !== undefined) return;
    const tell = () => {
      this.#fresh_timer = undefined;
      this.#fresh_told = this.#view.thread.get().fresh;
      this.#fresh_at_ms = Date.now();
      if (this.#fresh_told > 0) this.#view.say(this.#view.t("fresh", { n: this.#fresh_told }));
    };
    this.#fresh_timer = setTimeout(tell, Math.max(0, this.#fresh_at_ms + FRESH_MS - Date.now()));
  }

  /** A connection that the server ended for good comes back with the page alone. */
  #try() {
    const { connection } = this.#view.client;
    if (connection.get().state === "stopped") location.reload();
    else connection.tryNow();
  }

  #paintSignedOut() {
    const { client, words, t } = this.#view;
    const { signed_out } = client.session.get();
    if (signed_out === this.#signed_out) return;
    this.#signed_out = signed_out;
    const key = `out_${signed_out}`;
    this.tell(signed_out === null ? "" : t(words.has(key) ? key : "out_expired"), t("sign_in"), () => this.#view.signIn());
  }

  #paintConnection() {
    const { t, client } = this.#view;
    const { state, late, next_try_ms } = client.connection.get();
    const shown = late && ["connecting", "waiting", "stopped"].includes(state);
    if (shown === this.banner.hidden) {
      this.banner.hidden = !shown;
      this.#view.say(t(shown ? "no_connection" : "connected"));
    }
    setText(this.try, t(state === "stopped" ? "reload" : "try_now"));
    clearInterval(this.#countdown);
    const write = () => {
      const n = Math.max(1, Math.ceil(((next_try_ms ?? 0) - Date.now()) / 1_000));
      const next = state === "waiting" ? t("next_try", { n }) : t("connecting");
      setText(this.connection, state === "stopped" ? t("stopped") : `${t("no_connection")} ${next}`);
    };
    write();
    if (shown && state === "waiting") this.#countdown = setInterval(write, 1_000);
  }
}
