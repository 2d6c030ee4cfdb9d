// The page that a part of the screen is about, opened once for all that is below.

/** @import { Thread } from "otklik-client" */
/** @import { ThreadProviderProps } from "../index.js" */
import { createElement as h, createContext, useContext, useEffect } from "react";
import { useClient } from "./provider.js";
import { threadOf } from "./still.js";

const ThreadContext = createContext(/** @type {Thread | null} */ (null));

/** @param {ThreadProviderProps} props */
export function ThreadProvider({ page, children, ...options }) {
  const thread = threadOf(useClient(), page, options);
  useOpen(thread);
  return h(ThreadContext.Provider, { value: thread }, children);
}

/** Follows a page for as long as the component is on the screen.
 * @param {Thread | null} thread */
export function useOpen(thread) {
  useEffect(() => thread?.open(), [thread]);
}

export const useThreadNear = () => useContext(ThreadContext);

/** The given thread, or else the one of the nearest ThreadProvider.
 * @param {Thread} [thread]
 * @returns {Thread} */
export function useThreadOf(thread) {
  const near = useThreadNear();
  const found = thread ?? near;
  if (!found) throw new Error("There is no ThreadProvider above this component, and no thread was given.");
  return found;
}
