// What is being written: a new comment, a reply, or an edit. The draft outlives reloads, refusals and signing in.

/** @import { CommentView, Refusal, SessionView, Thread } from "otklik-client" */
/** @import { ComposerOptions, ComposerTo, UseComposer } from "../../index.js" */
import { useMemo, useState } from "react";
import { useClient } from "../provider.js";
import { useThreadOf } from "../thread-context.js";
import { useCommentPart } from "./use-comment.js";
import { useHydrated } from "./use-hydrated.js";
import { useSessionPart } from "./use-session.js";

const encoder = new TextEncoder();
/** What no comment has as its number. */
const NO_COMMENT = 0;

const textOf = (/** @type {CommentView | undefined} */ comment) => comment?.comment ?? "";
const bytesMax = (/** @type {SessionView} */ view) => view.limits?.comment_bytes_max ?? null;

/** @typedef {{ text: string | null, sending: boolean, refusal: Refusal | null }} Writing `text` is null until touched. */
/** @type {Writing} */
const UNTOUCHED = { text: null, sending: false, refusal: null };

/** @param {ComposerTo} [to]
 * @param {ComposerOptions} [options]
 * @returns {UseComposer} */
export function useComposer(to = "new", { thread: given, onTaken } = {}) {
  const thread = useThreadOf(given);
  const { session } = useClient();
  const [held, setHeld] = useState({ thread, to, writing: UNTOUCHED });
  const current = held.thread === thread && held.to === to;
  const { text: typed, sending, refusal } = current ? held.writing : UNTOUCHED;
  const kept = useKept(thread, to);
  const text = typed ?? kept;
  const bytes_max = useSessionPart(bytesMax);
  const bytes = useMemo(() => encoder.encode(text.trim()).length, [text]);

  const acts = useMemo(() => {
    const set = (/** @type {Partial<Writing>} */ part) => setHeld((before) => {
      const writing = before.thread === thread && before.to === to ? before.writing : UNTOUCHED;
      return { thread, to, writing: { ...writing, ...part } };
    });
    return actsOf(thread, to, set, () => session.get());
  }, [thread, to, session]);

  return useMemo(() => ({
    text,
    bytes,
    bytes_max,
    bytes_over: bytes_max === null ? 0 : Math.max(0, bytes - bytes_max),
    sending,
    refusal,
    setText: acts.setText,
    discard: acts.discard,
    submit: () => acts.submit(text, onTaken),
  }), [text, bytes, bytes_max, sending, refusal, acts, onTaken]);
}

/** The draft as it was kept, or for an edit what the comment says now.
 * @param {Thread} thread
 * @param {ComposerTo} to */
function useKept(thread, to) {
  const hydrated = useHydrated();
  const draft = useMemo(() => (hydrated ? thread.draft(to) : ""), [hydrated, thread, to]);
  const edited = useCommentPart(editOf(to) ?? NO_COMMENT, textOf, thread);
  return draft || edited;
}

/** @param {Thread} thread
 * @param {ComposerTo} to
 * @param {(part: Partial<Writing>) => void} set
 * @param {() => SessionView} session
 * @returns {{ setText(text: string): void, discard(): void, submit(text: string, onTaken?: () => void): ReturnType<UseComposer["submit"]> }} */
function actsOf(thread, to, set, session) {
  const empty = () => {
    thread.setDraft(to, "");
    set({ text: editOf(to) === null ? "" : null });
  };
  return {
    setText(text) {
      thread.setDraft(to, text);
      set({ text, refusal: null });
    },
    discard() {
      empty();
      set({ refusal: null });
    },
    async submit(text, onTaken) {
      const refusal = refusedHere(text, session());
      if (refusal) {
        set({ refusal });
        return { ok: false, refusal };
      }
      set({ sending: true, refusal: null });
      const edited = editOf(to);
      const { refused, result } = await (edited === null ? post(thread, replyTo(to), text) : edit(thread, edited, text));
      // What was typed meanwhile is the next draft.
      if (!refused && thread.draft(to) === text) empty();
      set({ sending: false, refusal: refused });
      if (!refused) onTaken?.();
      return result;
    },
  };
}

/** @typedef {ReturnType<UseComposer["submit"]>} Submitted */
/** @typedef {Promise<{ refused: Refusal | null, result: Submitted | Awaited<Submitted> }>} Handed */

/** Waits until the outbox has it: from then on it outlives cuts and reloads, and the box is free for the next one.
 * @param {Thread} thread
 * @param {number | null} parent
 * @param {string} text
 * @returns {Handed} */
async function post(thread, parent, text) {
  const before = new Set(thread.get().unsent.map(({ key }) => key));
  const has = () => thread.get().unsent.some(({ key }) => !before.has(key));
  const result = thread.post(text, parent);
  let end = () => {};
  /** @type {Promise<null>} */
  const held = new Promise((resolve) => {
    end = thread.subscribe(() => has() && resolve(null));
  });
  const answer = await Promise.race([held, result]);
  end();
  return { refused: answer && !answer.ok && !has() ? answer.refusal : null, result };
}

/** @param {Thread} thread
 * @param {number} comment_id
 * @param {string} text
 * @returns {Handed} */
async function edit(thread, comment_id, text) {
  const result = await thread.edit(comment_id, text);
  return result.ok ? { refused: null, result: { ok: true, comment_id } } : { refused: result.refusal, result };
}

/** What need not be sent to know that it is refused. The draft stays where it is.
 * @param {string} text
 * @param {SessionView} session
 * @returns {Refusal | null} */
function refusedHere(text, { known, user }) {
  if (text.trim() === "") return refusalOf("empty_comment", "The comment is empty.");
  if (known && !user) return refusalOf("sign_in_first", "Sign in first.");
  return null;
}

/** @param {string} code
 * @param {string} message
 * @returns {Refusal} */
const refusalOf = (code, message) => ({ code, message, retry: false });

const numberAfter = (/** @type {string} */ head, /** @type {ComposerTo} */ to) =>
  to.startsWith(head) ? Number(to.slice(head.length)) : null;
const editOf = (/** @type {ComposerTo} */ to) => numberAfter("edit-", to);
const replyTo = (/** @type {ComposerTo} */ to) => numberAfter("reply-", to);
