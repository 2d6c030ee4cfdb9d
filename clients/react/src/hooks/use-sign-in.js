// Asking somebody to sign in, from any place: a SignInDialog, or whatever stands in for it, answers.

/** @import { Asked } from "../asking.js" */
/** @import { UseSignIn } from "../../index.js" */
import { useMemo } from "react";
import { useClient, useShared } from "../provider.js";
import { useSource } from "../sources.js";

const whole = (/** @type {Asked} */ asked) => asked;

export function useAsked() {
  const { asking } = useShared();
  return useSource(useMemo(() => ({ ...asking, still: () => null }), [asking]), whole);
}

/** @returns {UseSignIn} */
export function useSignIn() {
  const { asking } = useShared();
  const asked = useAsked();
  return useMemo(() => ({ asked: asked?.way ?? null, ask: asking.ask, end: asking.end }), [asked, asking]);
}

/** Runs what needs a user; a guest is asked to sign in instead. */
export function useSignedIn() {
  const { asking } = useShared();
  const { session } = useClient();
  return (/** @type {() => unknown} */ act) => {
    if (session.writer) act();
    else asking.ask();
  };
}
