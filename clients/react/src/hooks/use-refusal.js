// Why the last of a component's acts was refused: kept until the next one begins.

/** @import { Refusal, Result } from "otklik-client" */
import { useState } from "react";

/** @returns {[Refusal | null, (result: Promise<Result>) => Promise<void>]} */
export function useRefusal() {
  const [refusal, setRefusal] = useState(/** @type {Refusal | null} */ (null));
  return [refusal, async (result) => {
    setRefusal(null);
    const answer = await result;
    if (!answer.ok) setRefusal(answer.refusal);
  }];
}
