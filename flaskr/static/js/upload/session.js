/** Who is logged in, and the token that goes with every request. */

import { request } from "./request.js";
import { secondsOf } from "./faults.js";

const PATIENCE_S = 10;

/**
 * Ask the server who is logged in. If it is the one whose page this is, every form of the page gets
 * the session's token.
 *
 * @param {string} url
 * @param {string} user
 * @returns {Promise<import("./gate.js").Answer>}
 */
export async function askSession(url, user) {
  try {
    const answer = await request(url, { cache: "no-store" }, { seconds: PATIENCE_S });
    if (answer.status === 401) return { is: "nobody" };
    const wait = secondsOf(answer.headers.get("Retry-After"));
    if (wait) return { is: "busy", seconds: wait };
    const { username, csrf_token: token } = answer.body ?? {};
    if (!username) return { is: "lost" };
    if (username !== user) return { is: "other", name: username };
    takeToken(token);
    return { is: "same" };
  } catch {
    return { is: "lost" };
  }
}

/**
 * Let every request and every form of the page have it.
 *
 * @param {string} token
 */
export function takeToken(token) {
  document.querySelector('meta[name="csrf-token"]')?.setAttribute("content", token);
  for (const field of document.querySelectorAll('input[name="csrf_token"]')) {
    if (field instanceof HTMLInputElement) field.value = token;
  }
}
