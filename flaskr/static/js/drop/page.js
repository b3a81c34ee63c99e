/** Whether the drop box is there still, and the token that goes with every request. */

import { secondsOf } from "../upload/faults.js";
import { request } from "../upload/request.js";
import { takeToken } from "../upload/session.js";

const PATIENCE_S = 10;
const ENDED = [403, 404, 410];

/**
 * Load the page once more, for the token of the session that this is now.
 *
 * @param {string} url
 * @returns {Promise<import("../upload/gate.js").Answer>}
 */
export async function askPage(url) {
  const headers = { Accept: "text/html" };
  try {
    const response = await request(url, { cache: "no-store", headers }, { seconds: PATIENCE_S });
    const wait = secondsOf(response.headers.get("Retry-After"));
    if (wait) return { is: "busy", seconds: wait };
    // Why it has ended is told with the next file.
    if (ENDED.includes(response.status)) return { is: "same" };
    if (!response.ok) return { is: "lost" };
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const token = page.querySelector('meta[name="csrf-token"]')?.getAttribute("content");
    if (!token) return { is: "lost" };
    takeToken(token);
    return { is: "same" };
  } catch {
    return { is: "lost" };
  }
}
