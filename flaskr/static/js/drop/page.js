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
  const init = { cache: /** @type {const} */ ("no-store"), headers: { Accept: "text/html" } };
  try {
    const answer = await request(url, init, { seconds: PATIENCE_S }, pageOf);
    const wait = secondsOf(answer.headers.get("Retry-After"));
    if (wait) return { is: "busy", seconds: wait };
    // Why it has ended is told with the next file.
    if (ENDED.includes(answer.status)) return { is: "same" };
    if (!answer.ok) return { is: "lost" };
    const token = answer.body.querySelector('meta[name="csrf-token"]')?.getAttribute("content");
    if (!token) return { is: "lost" };
    takeToken(token);
    // The password that was named has run out, and the page asks for it.
    if (!answer.body.querySelector("[data-drop-form]")) return { is: "nobody" };
    return { is: "same" };
  } catch {
    return { is: "lost" };
  }
}

/**
 * @param {Response} response
 * @returns {Promise<import("../upload/request.js").Answer>} with the document as its body; rejects
 *   if it breaks off
 */
async function pageOf(response) {
  const { ok, status, headers } = response;
  const body = new DOMParser().parseFromString(await response.text(), "text/html");
  return { ok, status, headers, body };
}
