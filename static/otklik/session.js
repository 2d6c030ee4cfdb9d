// Who the reader is to the service. The token is kept for the service alone that gave it, and shared by the browser's
// windows: what one of them learns, the others take over.

import { AGAIN_MS, Store, later } from "./store.js";

/** @import { Environment, Result, SessionView, User } from "./index.js" */
/** @import { Kept } from "./browser.js" */
/** @import { Connection } from "./connection.js" */

/** @extends {Store<SessionView>} */
export class Session extends Store {
  /** The token that the reader is signed in by. */
  token = "";
  signIn = later("signIn");
  signUp = later("signUp");
  signOut = later("signOut");
  changePassword = later("changePassword");
  changeImg = later("changeImg");
  hear = later("hear");
  look = later("look");

  /**
   * @param {Environment} env
   * @param {Connection} connection
   * @param {Kept} kept
   * @param {(user_changed: boolean) => void} changed called when comments may look otherwise to the reader
   */
  constructor(env, connection, kept, changed) {
    super(env, { user: null, known: false, limits: null, sign_up: null, skew_ms: 0, signed_out: null });
    this.connection = connection;
    this.kept = kept;
    this.changed = changed;
  }

  get user_id() {
    return this.view.user?.user_id;
  }

  /** @type {import("./index.js").Session["writer"]} */
  get writer() {
    return this.user_id ?? (this.view.known ? 0 : Number(this.stored && this.kept.get("user")));
  }

  get stored() {
    return this.kept.get("token");
  }

  /** What goes out first on a new line. */
  greet() {
    const token = this.stored;
    const ask = (/** @type {string} */ type_query) => this.connection.ask(type_query, { token });
    const hello = ask("hello").then((answer) => {
      if (!answer.ok) return;
      const { limits, sign_up, now } = answer;
      this.connection.bytes_max = limits.message_bytes_max;
      this.see({ limits, sign_up, skew_ms: Date.parse(now) - this.env.now() });
      if (!token) this.become(null);
    });
    return [hello, token && this.enter(ask("signInWithToken"), token)];
  }

  /** @param {string} token */
  adopt(token) {
    return this.enter(this.connection.query("signInWithToken", { token }), token);
  }

  /** Takes over who an answer says that one is. @param {Promise<Result<any>>} asked @param {string} [token] */
  async enter(asked, token) {
    const answer = await asked;
    if (answer.ok) {
      const { user_id, username, img, role } = answer;
      this.become({ user_id, username, img, role }, answer.token);
    } else if (token && token === this.stored) {
      const { code, retry, retry_after_ms } = answer.refusal;
      if (code === "bad_token") {
        this.forget();
        this.become(null, "", this.view.signed_out ?? "expired");
      }
      const again = () => this.connection.isUp() && token === this.stored && token !== this.token && this.adopt(token);
      if (retry) this.env.setTimeout(again, retry_after_ms ?? AGAIN_MS);
    }
    return answer;
  }

  /** Nothing is left of who it was. */
  forget() {
    for (const name of ["token", "user"]) this.kept.set(name, "");
  }

  /** @param {User | null} user @param {string} [token] @param {string | null} [signed_out] */
  become(user, token = "", signed_out = null) {
    this.token = token;
    if (token) this.kept.set("token", token);
    if (user) this.kept.set("user", `${user.user_id}`);
    this.see({ user, known: true, signed_out: user ? null : signed_out ?? this.view.signed_out });
  }

  /** @param {Partial<SessionView>} part */
  see(part) {
    const { user, limits } = this.view;
    this.put(part);
    if (this.view.user !== user || this.view.limits !== limits) this.changed(this.user_id !== user?.user_id);
  }
}
