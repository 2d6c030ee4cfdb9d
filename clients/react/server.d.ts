import type { Snapshot } from "otklik-client";

export { fetchSnapshot } from "otklik-client";
export type { Snapshot } from "otklik-client";

/** The snapshot as text for `<script type="application/json">`: nothing that people wrote can end the script. */
export function snapshotText(snapshot: Snapshot): string;
