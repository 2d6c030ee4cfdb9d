// Whether this is a browser past hydration. Until then only what the server could know may be rendered.

import { useSyncExternalStore } from "react";

const never = () => () => {};

export const useHydrated = () => useSyncExternalStore(never, () => true, () => false);
