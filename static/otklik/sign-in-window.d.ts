import type { Client, Result } from "./index.js";

/** A window of the service's in which somebody signs in or up, so that the page never sees a password. */
export interface SignInWindow {
  /** Opens it, or brings it to the front. False where the browser holds it back: only a click may open windows. */
  open(): boolean;
  /** Closes it, and listens no longer. */
  end(): void;
}

/** `told` says what became of a token that the window gave; the session has taken it over by then. */
export function signInWindow(client: Client, lang: string, told: (result: Result) => void): SignInWindow;
