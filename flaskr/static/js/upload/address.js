/** Have the server fetch a picture from an address, and hear how far it is. */

import { Fault, faultOf } from "./faults.js";
import { ANSWER_S, Patience } from "./patience.js";
import { answerOf, request } from "./request.js";
import { arrivalOf, bodyOf, termsOf } from "./transport.js";

/**
 * @typedef {import("./types.js").Arrival} Arrival
 * @typedef {import("./types.js").Hooks} Hooks
 * @typedef {import("./types.js").Item} Item
 * @typedef {import("./transport.js").Target} Target
 */

/** Ours, not the other site's: these pass. */
const PASSING = ["busy", "unavailable"];
/** What may be otherwise when a person tries later; all else stays as it is. */
const UNCERTAIN = [
  "host_not_found", "unreachable", "fetch_timeout", "fetch_failed", "insecure", "bad_answer",
  "broken_off", "quota_exceeded", "storage_full", "too_many_attempts",
];

/**
 * @param {Target} target
 * @param {Item} item its size is what the other site says, once it has said it
 * @param {Hooks} hooks
 * @returns {Promise<Arrival>} rejects with a Fault
 */
export async function fetchAddress(target, item, { signal, onProgress, onSent }) {
  const { texts } = target;
  const { unanswered, ...rest } = termsOf(texts, item);
  const terms = { ...rest, stalled: unanswered };
  const response = await request(
    target.url,
    {
      method: "POST",
      headers: { Accept: "application/x-ndjson", "Idempotency-Key": item.key },
      body: bodyOf(item, { url: item.address }),
    },
    { ...terms, seconds: ANSWER_S, signal },
    async (begun) => (begun.ok ? begun : answerOf(begun)), // the lines have a limit each
  );
  if (!response.ok) {
    throw faultOf(response.status, response.body, response.headers.get("Retry-After"), texts);
  }
  for await (const line of linesOf(response, signal, terms)) {
    const arrival = arrivalOf(line);
    if (arrival) {
      item.size = /** @type {any} */ (arrival.card).bytes ?? item.size;
      return arrival;
    }
    if (line.error) {
      // The row says already which address it is about.
      throw new Fault(kindOf(line.error.code), line.errors?.[0]?.message ?? line.error.message);
    }
    if (line.total) item.size = line.total;
    if (line.total && line.received >= line.total) onSent();
    else onProgress(line.received);
  }
  throw new Fault("passing", terms.lost);
}

/**
 * @param {string} code
 * @returns {import("./faults.js").Kind}
 */
function kindOf(code) {
  if (PASSING.includes(code)) return "passing";
  return UNCERTAIN.includes(code) ? "failed" : "refused";
}

/**
 * @param {Response} response of lines of JSON
 * @param {AbortSignal} signal
 * @param {{lost: string, stalled: string}} terms
 * @returns {AsyncGenerator<any>}
 */
async function* linesOf(response, signal, terms) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  const halt = () => reader.cancel().catch(() => {});
  let stalled = false;
  const patience = new Patience(ANSWER_S, () => {
    stalled = true;
    halt();
  });
  signal.addEventListener("abort", halt);
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      patience.renew(ANSWER_S);
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim()) yield JSON.parse(line);
    }
    if (rest.trim()) yield JSON.parse(rest);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Fault("passing", terms.lost);
    if (!signal.aborted) throw new Fault("lost", terms.lost);
  } finally {
    patience.end();
    signal.removeEventListener("abort", halt);
    halt();
  }
  if (signal.aborted) throw new Fault("stopped");
  if (stalled) throw new Fault("passing", terms.stalled);
}
