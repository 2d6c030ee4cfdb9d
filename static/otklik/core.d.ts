// What the core's modules are to one another. Nothing of it is for those who use the package.

import type { CommentRecord, CommentView, Kind, Reaction, Refusal } from "./index.js";

/** A message of the server's, as it came: docs/protocol.md says what is in it. */
export type Message = Record<string, any>;

/** What the connection asks of those who share it. */
export interface Hooks {
  /** It opened: all that goes out at once. It is live when what this gives is settled. */
  greet(): readonly unknown[];
  live(): void;
  hear(push: Message): void;
  /** Another window wrote this name, or (null) removed all. */
  storage(name: unknown): void;
}

/** What is held of one comment. */
export interface Entry {
  readonly comment_id: number;
  /** The one with the highest `rev`. */
  record: CommentRecord;
  /** The tally with the highest `rev`: that of a record, of a push, or of an answer to this reader's `react`. */
  like: number;
  dislike: number;
  tally_rev: number;
  /** What this reader is known to think of it, and from which revision on a record may tell otherwise. */
  mine: Kind | null;
  mine_rev: number;
  /** How often `mine` was told. */
  told: number;
  /** Held direct replies, oldest first, and how many of them are shown. */
  replies: number[];
  shown: number;
  /** Not shown, but told in a list: something under it is shown, which need not be held. */
  listed: boolean;
  /** This reader has deleted it, and no record says so yet. */
  gone: boolean;
  /** Where the list of its replies goes on. */
  cursor?: string;
}

/** A wish that the server has not confirmed. */
export interface Wish {
  reaction: Reaction;
  done: Promise<any> | null;
  /** What was known when the line was cut: until the answer comes, nobody can say whether newer numbers have it in. */
  before?: Pick<Entry, "like" | "dislike" | "mine">;
}

/** How a comment looks, and which of its replies are seen. */
export interface Look {
  readonly comment: CommentView | undefined;
  readonly replies: readonly number[];
}

/** What a page's comments are told by: a push, an answer, a snapshot. */
export interface Told {
  readonly comments?: readonly CommentRecord[];
  readonly tallies?: readonly (readonly [comment_id: number, like: number, dislike: number, rev: number])[];
  readonly from?: number;
  readonly rev?: number;
  readonly epoch?: string;
  readonly total?: number;
  readonly viewers?: number;
  readonly next?: string | null;
}

/** Why something is taken over: from others, by the reader's own doing, or as part of a list. */
export type Way = "push" | "own" | "list";

/** A comment in the outbox. */
export interface Item {
  readonly key: string;
  /** Who wrote it; 0 where that was not known yet. */
  readonly user_id: number;
  readonly parent: number | null;
  readonly comment: string;
  readonly since_ms: number;
  readonly state: "sending" | "waiting" | "refused";
  readonly refusal: Refusal | null;
}
