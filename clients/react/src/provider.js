// What everything below shares: the client of one service, the words, and whether somebody was asked to sign in.

/** @import { Client } from "otklik-client" */
/** @import { Asking } from "./asking.js" */
/** @import { OtklikProviderProps } from "../index.js" */
import { createElement as h, createContext, useContext, useMemo, useState } from "react";
import { createClient } from "otklik-client";
import en from "../locales/en.js";
import { createAsking } from "./asking.js";
import { stillClient } from "./still.js";
import { Words } from "./words.js";

/** @typedef {{ client: Client, words: Words, asking: Asking }} Shared */

const SharedContext = createContext(/** @type {Shared | null} */ (null));

/** @param {OtklikProviderProps} props */
export function OtklikProvider({ url, client: given, locale = "en", words: table = en, children }) {
  const client = useClientFor(given ?? String(url));
  const words = useMemo(() => new Words(table, locale), [table, locale]);
  const [asking] = useState(createAsking);
  const shared = useMemo(() => ({ client, words, asking }), [client, words, asking]);
  return h(SharedContext.Provider, { value: shared }, children);
}

// A client that the provider makes lives as long as it is given the same address. It needs no ending: with the last
// page closed it holds no connection, and effects that run twice, or a part of the screen that is hidden and shown
// again, find it as it was.
/** @param {Client | string} given */
function useClientFor(given) {
  const [held, setHeld] = useState(() => ({ given, client: made(given) }));
  if (held.given === given) return held.client;
  const next = { given, client: made(given) };
  setHeld(next);
  return next.client;
}

/** @param {Client | string} given */
function made(given) {
  if (typeof given !== "string") return given;
  return typeof document === "undefined" ? stillClient(given) : createClient({ url: given });
}

/** @returns {Shared} */
export function useShared() {
  const shared = useContext(SharedContext);
  if (!shared) throw new Error("There is no OtklikProvider above this component.");
  return shared;
}

export const useClient = () => useShared().client;

export const useWords = () => useShared().words;
