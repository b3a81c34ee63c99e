/** What can go wrong with a file on its way, and what follows from it. */

import { fill } from "../text.js";

/**
 * - `refused`: sending it again cannot help
 * - `failed`: it may help, but only a person can tell when
 * - `passing`: it may well go through next time
 * - `lost`: no answer came; perhaps there is no network
 * - `busy`: the server asks for a break of `seconds`
 * - `later`: this file can go in `seconds`; others may go now
 * - `session`: nobody is logged in any more, or the page's token is another session's, or the password has run
 *   out that was named
 * - `mismatch`: the idempotency key was used for other content
 * - `stopped`: we broke it off ourselves
 *
 * @typedef {"refused" | "failed" | "passing" | "lost" | "busy" | "later" | "session" | "mismatch" | "stopped"} Kind
 */

const TAKE_A_BREAK = [429, 503];
const COMES_BY_ITSELF = [408, 409, 423, 425, 429, 460];
const TOO_MANY = 429;
const FULL = 507;
/** What the page asks for anew: its token, or the password of a drop box. */
const ENTRY_CODES = new Set(["stale_form", "link_password_wanted"]);

export class Fault extends Error {
  /**
   * @param {Kind} kind
   * @param {string} [message] ready to show
   * @param {number} [seconds] how long to wait, if it is `busy` or `later`
   */
  constructor(kind, message = "", seconds = 0) {
    super(message);
    this.kind = kind;
    this.seconds = seconds;
  }
}

/**
 * @param {number} status of an answer that is no success
 * @param {any} body as JSON, or null
 * @param {string | null} retryAfter the header
 * @param {DOMStringMap} texts
 * @returns {Fault}
 */
export function faultOf(status, body, retryAfter, texts) {
  const error = body?.errors?.[0] ?? body?.error;
  const message = error?.message || fill(texts.textUnexpected, { status });
  const code = body?.error?.code ?? error?.code;
  const seconds = secondsOf(retryAfter);
  if (status === 401 || ENTRY_CODES.has(code)) return new Fault("session", message);
  if (code === "idempotency_mismatch") return new Fault("mismatch", message);
  // Only the person can make room, or ask for it.
  if (status === FULL || code === "quota_exceeded") return new Fault("failed", message);
  // Our own limits are about one way; a proxy's are about all that we ask.
  if (seconds && status === TOO_MANY && code) return new Fault("later", message, seconds);
  if (seconds && TAKE_A_BREAK.includes(status)) return new Fault("busy", error?.message, seconds);
  if (status >= 500 || COMES_BY_ITSELF.includes(status)) return new Fault("passing", message);
  // A success that cannot be read, or a redirect to somewhere else.
  if (status < 400) return new Fault("passing", message);
  return new Fault("refused", message);
}

/**
 * @param {string | null} retryAfter seconds, or a date
 * @returns {number} seconds; 0 if it says nothing
 */
export function secondsOf(retryAfter) {
  if (!retryAfter) return 0;
  const seconds = Number(retryAfter);
  if (!Number.isNaN(seconds)) return Math.max(1, seconds);
  const moment = Date.parse(retryAfter);
  return Number.isNaN(moment) ? 0 : Math.max(1, Math.ceil((moment - Date.now()) / 1000));
}
