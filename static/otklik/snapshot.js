// Reading a page over HTTP, for a server that renders it.

/** @import { Snapshot, Sort } from "./index.js" */

/**
 * @param {string} origin
 * @param {string} page
 * @param {{ sort?: Sort, limit?: number, replies?: number, fetch?: typeof fetch }} [options]
 * @returns {Promise<Snapshot>}
 */
export async function fetchSnapshot(origin, page, { fetch: get = fetch, ...list } = {}) {
  const members = Object.entries({ page, ...list }).map(([name, value]) => [name, `${value}`]);
  const response = await get(`${origin}/api/comments?${new URLSearchParams(members)}`);
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.message), { code: answer.code });
  return answer;
}
