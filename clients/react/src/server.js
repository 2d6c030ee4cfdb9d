// For the server that renders: reading a page's snapshot, and putting it into the page that it goes out with.

/** @import { Snapshot } from "otklik-client" */
export { fetchSnapshot } from "otklik-client";

/** The snapshot as text for `<script type="application/json">`. What people wrote cannot end the script there.
 * @param {Snapshot} snapshot */
export const snapshotText = (snapshot) => JSON.stringify(snapshot).replaceAll("<", "\\u003c");
