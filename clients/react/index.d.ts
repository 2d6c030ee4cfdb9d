/**
 * otklik-react: live comments with like and dislike for React 18 and later.
 *
 * The hooks read the stores of `otklik-client` by `useSyncExternalStore`; what they return is the same object until
 * something in it changes, and the functions in it always are. The components are made of these hooks alone.
 */
import type {
  Client,
  CommentView,
  ConnectionView,
  Kind,
  Reaction,
  Refusal,
  Result,
  SessionView,
  Thread,
  ThreadOptions,
  ThreadView,
} from "otklik-client";
import type { ReactNode } from "react";

/** A sentence, or one for each plural category of `Intl.PluralRules`; `{n}` and `{name}` are filled in. */
export type Sentence = string | { readonly other: string; readonly [category: string]: string };
/** The sentences of one language. */
export type WordTable = { readonly [key: string]: Sentence };

export type OtklikProviderProps = {
  /** A BCP 47 tag: how numbers, plurals and times are written. Default "en". */
  locale?: string;
  /** The sentences, as from `otklik-react/locales/ru.js`. Default: English. */
  words?: WordTable;
  children?: ReactNode;
} & (
  | { /** The service's address: http, https, ws or wss. */ url: string | URL; client?: undefined }
  | { /** A client of your own making, instead of an address. */ client: Client; url?: undefined }
);

/** What all else stands in: one service, one connection, one user. */
export function OtklikProvider(props: OtklikProviderProps): ReactNode;
export function useClient(): Client;

export interface ThreadProviderProps extends ThreadOptions {
  /** The page's key. */
  page: string;
  children?: ReactNode;
}

/** Follows a page, and gives it to the hooks and components below. The options count when the page is first opened. */
export function ThreadProvider(props: ThreadProviderProps): ReactNode;

export interface UseThread
  extends ThreadView,
    Pick<
      Thread,
      "post" | "postAgain" | "discard" | "setSort" | "loadMore" | "showFresh" | "pause" | "resume" | "find"
    > {
  /** For the hooks that take one, where there is no ThreadProvider. */
  readonly thread: Thread;
}

/** A page that is followed for as long as the component is there; without arguments, that of the ThreadProvider above. */
export function useThread(page?: string, options?: ThreadOptions): UseThread;

export interface UseComment {
  /** Undefined where the thread does not hold it. */
  readonly comment: CommentView | undefined;
  /** Held direct replies, oldest first. */
  readonly replies: readonly number[];
  edit(text: string): Promise<Result>;
  remove(): Promise<Result>;
  reply(text: string): Promise<Result<{ comment_id: number }>>;
  /** Never rejects: where it was refused, as without a connection, the result has the `refusal`. So has `loadMore`. */
  loadReplies(): Promise<Result>;
}

/** One comment; renders again when this one changes, not when another does. */
export function useComment(comment_id: number, thread?: Thread): UseComment;

export interface UseReaction extends Pick<CommentView, "like" | "dislike" | "mine" | "reacting" | "refusal"> {
  /** Sets. */
  react(reaction: Reaction): Promise<Result>;
  /** What a button does: sets the kind, or takes it back where it is set. */
  press(kind: Kind): Promise<Result>;
}

/** The counts of one comment, and this reader's part in them; renders again when they change, not when its text does. */
export function useReaction(comment_id: number, thread?: Thread): UseReaction;

/** A new comment, a reply to one, or an edit of one. */
export type ComposerTo = "new" | `reply-${number}` | `edit-${number}`;

export interface ComposerOptions {
  thread?: Thread;
  /** The text was taken: by the outbox, or for an edit by the server. */
  onTaken?: () => void;
}

export interface UseComposer {
  readonly text: string;
  /** Of the trimmed text, in UTF-8: what the server's limit is in. */
  readonly bytes: number;
  /** Null until the server has told it. */
  readonly bytes_max: number | null;
  readonly bytes_over: number;
  /** Whether an edit is on its way. A comment goes to the outbox at once, and stands in the thread's `unsent`. */
  readonly sending: boolean;
  readonly refusal: Refusal | null;
  /** Kept as a draft, too. */
  setText(text: string): void;
  discard(): void;
  submit(): Promise<Result<{ comment_id: number }>>;
}

/** What is being written. It outlives reloads, refusals and signing in. */
export function useComposer(to?: ComposerTo, options?: ComposerOptions): UseComposer;

export interface UseConnection extends ConnectionView {
  tryNow(): void;
}

export function useConnection(): UseConnection;

export interface UseSession
  extends SessionView,
    Pick<
      Client["session"],
      "signIn" | "signUp" | "adopt" | "signOut" | "changePassword" | "changeImg"
    > {}

/** Who this reader is. */
export function useSession(): UseSession;

export interface UseSignIn {
  /** What somebody is being asked for; null: nothing. */
  readonly asked: "signIn" | "signUp" | null;
  ask(way?: "signIn" | "signUp"): void;
  /** They did, or would rather not. */
  end(): void;
}

/** Asking for a sign-in from any place: the SignInDialog answers, or what you make in its stead. */
export function useSignIn(): UseSignIn;

export interface UseSignInWindow {
  /** Opens a window of the service's, or brings it to the front; to be called by a click. False where the browser held it back. */
  open(): boolean;
  /** Closes it. */
  end(): void;
  /** Why the token that it gave was refused. */
  readonly refusal: Refusal | null;
}

/**
 * Signing in without a password in your application: for one of another origin than the service's that does not want to
 * ask for it. Who is signed in then, `useSession` says. `lang` is the window's language.
 */
export function useSignInWindow(lang?: string): UseSignInWindow;

export interface CommentsProps extends ThreadProviderProps {
  /** The heading's element, by its place on your page. Default "h2". */
  heading?: "h1" | "h2" | "h3" | "h4";
  /** Added to the section's own. */
  className?: string;
}

/** A page's comments with all that belongs to them. */
export function Comments(props: CommentsProps): ReactNode;
/** The list alone: comments, the pill for new ones, and what stands there while there are none. */
export function CommentList(): ReactNode;

export interface CommentProps {
  comment_id: number;
}

/** One comment with its replies, as a list's item. */
export function Comment(props: CommentProps): ReactNode;

export interface ReactionButtonsProps {
  comment_id: number;
  thread?: Thread;
}

export function ReactionButtons(props: ReactionButtonsProps): ReactNode;

export interface ComposerProps {
  to?: ComposerTo;
  /** Default: what it is for. */
  label?: string;
  thread?: Thread;
  autoFocus?: boolean;
  /** The text was taken, or Cancel was pressed. Without it there is no Cancel. */
  onDone?: () => void;
}

export function Composer(props: ComposerProps): ReactNode;

export interface SignInProps {
  /** Which of the two stands there first. Default "signIn". */
  way?: "signIn" | "signUp";
  autoFocus?: boolean;
  onDone?: () => void;
}

/** The form for signing in and up. */
export function SignIn(props: SignInProps): ReactNode;
/** The same in a dialog, which opens when it is asked for. */
export function SignInDialog(): ReactNode;
/** Who is signed in, or the buttons for it. */
export function SessionBar(): ReactNode;
/** Shows itself when the connection is gone for long, or for good. */
export function ConnectionBanner(): ReactNode;

export interface HeadingProps {
  as?: "h1" | "h2" | "h3" | "h4";
  id?: string;
}

/** "12 comments". */
export function ThreadHeading(props: HeadingProps): ReactNode;
/** "Live · 3 reading". */
export function LiveState(): ReactNode;
export function SortSelect(): ReactNode;
/** Holds back what others write, until it is pressed again. */
export function PauseButton(): ReactNode;
/** Tells screen readers of new comments, seldom. */
export function Announcer(): ReactNode;

export interface PictureProps {
  img: string | null;
}

export function Picture(props: PictureProps): ReactNode;

export interface TimeProps {
  /** RFC 3339. */
  date: string;
  edited?: string | null;
}

/** "5 minutes ago", going on by itself. */
export function Time(props: TimeProps): ReactNode;

export interface WhyProps {
  refusal: Refusal | null;
  id?: string;
  /** What can be done about it. */
  children?: ReactNode;
}

/** Why something was refused, in the reader's language. */
export function Why(props: WhyProps): ReactNode;

