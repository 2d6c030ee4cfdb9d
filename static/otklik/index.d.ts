/**
 * otklik-client: live comments with like and dislike, without any looks of its own.
 *
 * A `Client` is one connection to one service, a `Thread` one page's comments on it. Both are stores: `get()` gives
 * what is known now, as an object that stays the same (`===`) until something in it changes, and `subscribe` calls back
 * after each change, at most once a frame. What people wrote is text; put it on a page as text, never as markup.
 */

/** What somebody can think of a comment. */
export type Kind = "like" | "dislike";
/** What a query to `react` sets. */
export type Reaction = Kind | "none";
/** How top-level comments are ordered. */
export type Sort = "newest" | "oldest" | "top" | "controversial";

/** A comment as the server tells it (docs/protocol.md, "The comment record"). */
export interface CommentRecord {
  readonly comment_id: number;
  readonly parent: number | null;
  readonly user_id: number | null;
  readonly username: string | null;
  readonly img: string | null;
  readonly comment: string;
  readonly like: number;
  readonly dislike: number;
  /** RFC 3339, UTC, milliseconds. */
  readonly date: string;
  readonly edited: string | null;
  /** "shown", "deleted", or a state of later versions, which counts as hidden. */
  readonly state: string;
  readonly replies: number;
  readonly rev: number;
  readonly mine?: Kind | null;
}

export interface User {
  readonly user_id: number;
  readonly username: string;
  readonly img: string;
  readonly role: "user" | "moderator" | "admin";
}

/** The server's limits, as `hello` tells them. */
export interface Limits {
  readonly comment_bytes_max: number;
  readonly message_bytes_max: number;
  readonly password_chars_min: number;
  /** Seconds. */
  readonly edit_window_s: number;
  /** 0: no limit. */
  readonly reply_depth_max: number;
  readonly subscriptions_max: number;
}

/**
 * Why something was not done. `code` is one of the protocol's, or one of the client's own: "cut" (the connection went
 * before the answer; it may have been done), "offline" (it was not sent). "sign_in_first" and "comment_too_long" are
 * told by the client, too, where the server need not be asked.
 */
export interface Refusal {
  readonly code: string;
  /** A sentence in the server's language; the element has sentences of its own by `code`. */
  readonly message: string;
  /** Whether the same again may succeed later. */
  readonly retry: boolean;
  readonly retry_after_ms?: number;
  readonly member?: string;
  readonly fault_id?: string;
}

/** What a query came to. */
export type Result<T extends object = {}> =
  | ({ readonly ok: true } & T)
  | { readonly ok: false; readonly refusal: Refusal };

/** What is known now, and when it changes: fits `useSyncExternalStore`. */
export interface Store<T> {
  get(): T;
  /** Gives what ends it. */
  subscribe(listener: () => void): () => void;
}

/**
 * idle: nobody needs it. connecting. live: in step. probing: it may be dead, a ping is out. waiting: until the next try.
 * suspended: the page is hidden for long, or in the browser's cache. stopped: the server said not to come back.
 */
export type ConnectionState = "idle" | "connecting" | "live" | "probing" | "waiting" | "suspended" | "stopped";

export interface ConnectionView {
  readonly state: ConnectionState;
  /** Not live for so long (5 s) that people should be told. */
  readonly late: boolean;
  /** When the next try is, in milliseconds of the clock; null unless waiting. */
  readonly next_try_ms: number | null;
  /** The last close code; null before the first. 1006: the network, or an origin that may not connect. */
  readonly close_code: number | null;
  /** A sentence for the page's author where the service does not allow its origin; else null. */
  readonly refused_origin: string | null;
}

export interface Connection extends Store<ConnectionView> {
  /** Connects at once, instead of when the waiting is over. Elsewhere it does nothing. */
  tryNow(): void;
  /**
   * Keeps it up, and coming back, until what this gives is called: for what must know who the reader is where no page is
   * open. Counted, so that several may.
   */
  need(): () => void;
  /**
   * One query and its answer; never rejects. It needs the connection: where nobody did, it connects, and it waits for a
   * try that is under way. Not sent again after a cut: that is for the caller to judge.
   */
  query<T extends object = Record<string, unknown>>(type_query: string, members?: object): Promise<Result<T>>;
}

export interface SessionView {
  /** Null: a guest, or not known yet. */
  readonly user: User | null;
  /** Whether the server has answered who this is. */
  readonly known: boolean;
  /** Null until the first connection. */
  readonly limits: Limits | null;
  readonly sign_up: "open" | "closed" | null;
  /** Server's clock less this one's, in milliseconds. */
  readonly skew_ms: number;
  /** Why the server ended the sign-in, until the next one: "everywhere", "password_changed", "expired", … */
  readonly signed_out: string | null;
}

/** Who one is to the service. The token is kept in `storage` under the service's address and shown to it alone. */
export interface Session extends Store<SessionView> {
  /** Whose number what is written now has: the user's; until the server has answered, that of whoever the kept token was given to. 0: nobody's. */
  readonly writer: number;
  signIn(username: string, password: string): Promise<Result>;
  signUp(username: string, password: string, img?: string | null): Promise<Result>;
  /** Takes a token that was given elsewhere, as by the sign-in window. */
  adopt(token: string): Promise<Result>;
  /** The token is forgotten here whatever comes of it; the answer says whether the server has ended the sign-in. */
  signOut(options?: { everywhere?: boolean }): Promise<Result>;
  changePassword(password: string, new_password: string): Promise<Result>;
  changeImg(img: string | null): Promise<Result<{ img: string }>>;
}

/** A comment as this reader sees it: the server's, with this reader's unanswered wishes laid over it. */
export interface CommentView extends CommentRecord {
  readonly mine: Kind | null;
  /** 0 on the page itself, 1 for a reply to it, … */
  readonly depth: number;
  /** Whether a reaction is on its way. */
  readonly reacting: boolean;
  /** Why the last reaction, edit or deletion was refused; until the next try. */
  readonly refusal: Refusal | null;
  /** Written by the signed-in user. */
  readonly own: boolean;
  readonly may_edit: boolean;
  readonly may_delete: boolean;
  /** A reply may be written to it (its depth). */
  readonly may_reply: boolean;
  /** Direct replies that stand on the server, but are not held here. */
  readonly replies_missing: number;
}

/** A comment of the reader's own that the server has not confirmed. It survives a reload, and is sent once. */
export interface UnsentComment {
  readonly key: string;
  readonly parent: number | null;
  readonly comment: string;
  readonly since_ms: number;
  /** "sending", "waiting" for the connection, or "refused" (then `refusal` says why, and it waits for the reader). */
  readonly state: "sending" | "waiting" | "refused";
  readonly refusal: Refusal | null;
}

export interface ThreadView {
  readonly page: string;
  /** loading: nothing to show yet. ready. failed: the first read was refused, `refusal` says why; it goes on trying. */
  readonly status: "loading" | "ready" | "failed";
  readonly refusal: Refusal | null;
  /** Shown comments at all depths. */
  readonly total: number;
  readonly viewers: number;
  readonly sort: Sort;
  /** Top-level comments in the order of the screen. It never changes under the reader but for their own doing. */
  readonly top: readonly number[];
  /** Top-level comments that came since and are not in `top`: the pill. Replies of others join at once, below. */
  readonly fresh: number;
  /** Whether the list goes on. */
  readonly more: boolean;
  readonly loading_more: boolean;
  /** Live updates are held back by the reader. Their own acts still show. */
  readonly paused: boolean;
  readonly unsent: readonly UnsentComment[];
  /** The page's revision that is held whole, and the life of the data that it belongs to. */
  readonly rev: number;
  readonly epoch: string | null;
}

export interface Thread extends Store<ThreadView> {
  readonly page: string;
  /** Follows the page until what it gives is called; counted, so that several parts of a page may. */
  open(): () => void;
  /** Undefined where it is not held. The same object until something in it changes. */
  comment(comment_id: number): CommentView | undefined;
  /** Calls back after each change of one comment or of which of its replies are held. */
  watch(comment_id: number, listener: () => void): () => void;
  /** Held direct replies that are seen, oldest first; the same array until it changes. */
  replies(comment_id: number): readonly number[];
  setSort(sort: Sort): Promise<Result>;
  loadMore(): Promise<Result>;
  /** The next hundred, from the oldest on. One that came since stands after those that are still missing. */
  loadReplies(comment_id: number): Promise<Result>;
  /** Shows what was read elsewhere, as by `fetchSnapshot`, where nothing is held yet; else it does nothing. */
  fill(snapshot: Snapshot): void;
  /** Puts the fresh comments into `top`. */
  showFresh(): void;
  pause(): void;
  resume(): void;
  /**
   * Holds a comment and those above it, as a link to it needs; false in `found` where the page has no such comment. A
   * top-level one that was not listed is put at the head of `top`.
   */
  find(comment_id: number): Promise<Result<{ found: boolean }>>;
  /** Sets, never toggles; shown at once; the last of many wins, and each is told what became of that one. */
  react(comment_id: number, reaction: Reaction): Promise<Result>;
  /** Goes to the outbox first: without a connection it is kept and sent once later. Told when it is posted or refused. */
  post(comment: string, parent?: number | null): Promise<Result<{ comment_id: number }>>;
  /** Tries a refused one again, with another text where one is given. */
  postAgain(key: string, comment?: string): Promise<Result<{ comment_id: number }>>;
  /** Gives up an unsent one. */
  discard(key: string): void;
  edit(comment_id: number, comment: string): Promise<Result>;
  remove(comment_id: number): Promise<Result>;
  /** What is being written: `to` is "new", "reply-7", "edit-7". Kept over reloads; empty text removes it. */
  draft(to: string): string;
  setDraft(to: string, text: string): void;
}

/** What a client needs of the browser; tests hand in their own. */
export interface Environment {
  now(): number;
  setTimeout(run: () => void, wait_ms: number): unknown;
  clearTimeout(timer: unknown): void;
  /** Once a frame where there are frames. */
  nextFrame(run: () => void): void;
  random(): number;
  WebSocket: new (url: string) => WebSocket;
  fetch: typeof fetch;
  /** Null where it is refused: then nothing outlives the page. */
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length"> | null;
  /** Says "focus", "online", "hidden", "visible", "pagehide", "pageshow", "storage"; gives what ends it. */
  listen(on: (event: EnvironmentEvent, detail?: unknown) => void): () => void;
}
export type EnvironmentEvent = "focus" | "online" | "hidden" | "visible" | "pagehide" | "pageshow" | "storage";

export interface ClientOptions {
  /** The service's address: http, https, ws or wss, with or without `/ws`. */
  url: string | URL;
  environment?: Partial<Environment>;
}

export interface ThreadOptions {
  sort?: Sort;
  /** Top-level comments a screen, 1 to 100. Default 20. */
  limit?: number;
  /** First replies that come with each, 0 to 10. Default 3. */
  replies?: number;
  /** What a server rendered (the answer of `/api/comments`): shown at once, then gone on from. */
  snapshot?: Snapshot | null;
}

/** The answer of `GET /api/comments`. */
export interface Snapshot {
  readonly page: string;
  readonly epoch: string;
  readonly rev: number;
  readonly total: number;
  readonly viewers: number;
  readonly comments: readonly CommentRecord[];
  readonly next: string | null;
}

export interface Client {
  readonly connection: Connection;
  readonly session: Session;
  /** The service's own origin, for `img` paths. */
  readonly origin: string;
  /** The same object for the same page; the options count when it is first asked for. */
  thread(page: string, options?: ThreadOptions): Thread;
  /** An address that is safe as a picture's source, or null. */
  picture(img: string | null): string | null;
  /** Ends everything. */
  close(): void;
}

export function createClient(options: ClientOptions): Client;

/** Reads a page over HTTP, for a server that renders it. A refusal is thrown, with its `code`. */
export function fetchSnapshot(
  url: string | URL,
  page: string,
  options?: { sort?: Sort; limit?: number; replies?: number; fetch?: typeof fetch },
): Promise<Snapshot>;
