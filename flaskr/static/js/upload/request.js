/** `fetch` as uploads need it: our headers, a time limit, faults instead of exceptions. */

import { Fault } from "./faults.js";
import { Patience, STALL_S } from "./patience.js";

/**
 * @typedef {object} Answer
 * @property {boolean} ok
 * @property {number} status
 * @property {Headers} headers
 * @property {any} body as JSON; null if it is none
 *
 * @typedef {object} Terms
 * @property {AbortSignal} [signal] breaks it off, to the last byte of the answer
 * @property {number} [seconds] how long the answer may take, to its last byte
 * @property {string} [stalled] what to tell if it takes longer
 * @property {string} [lost] what to tell if no answer comes
 * @property {Blob | null} [file] what is sent, to tell a file that is gone from a network that is
 * @property {string} [gone] what to tell if the file cannot be read any more
 */

/** @returns {string} the token of the session that the page knows */
export function csrfToken() {
  const meta = document.querySelector('meta[name="csrf-token"]');
  return meta instanceof HTMLMetaElement ? meta.content : "";
}

/**
 * @param {string} url
 * @param {RequestInit} init
 * @param {Terms} [terms]
 * @param {(response: Response) => Promise<Answer | Response>} [read] what comes of it; by default
 *   all of it is read
 * @returns {Promise<any>} an Answer, or what `read` made, whatever the status; rejects with a Fault
 */
export async function request(url, init, terms = {}, read = answerOf) {
  const { signal, seconds = STALL_S } = terms;
  if (signal?.aborted) throw new Fault("stopped"); // it tells nobody again
  const stop = new AbortController();
  const halt = () => stop.abort();
  signal?.addEventListener("abort", halt);
  let stalled = false;
  const patience = new Patience(seconds, () => {
    stalled = true;
    halt();
  });
  try {
    const response = await fetch(url, {
      credentials: "same-origin",
      ...init,
      headers: { Accept: "application/json", "X-CSRFToken": csrfToken(), ...init.headers },
      signal: stop.signal,
    });
    return await read(response); // a body can stall as well as its headers
  } catch {
    if (signal?.aborted) throw new Fault("stopped");
    if (stalled) throw new Fault("passing", terms.stalled);
    throw await lostFault(terms);
  } finally {
    patience.end();
    signal?.removeEventListener("abort", halt);
  }
}

/**
 * @param {Terms} terms
 * @returns {Promise<Fault>} for a request that got no answer
 */
export async function lostFault({ file, gone, lost }) {
  return file && !(await isReadable(file)) ? new Fault("failed", gone) : new Fault("lost", lost);
}

/**
 * @param {Response} response
 * @returns {Promise<Answer>} rejects if its body breaks off
 */
export async function answerOf(response) {
  const { ok, status, headers } = response;
  return { ok, status, headers, body: parsed(await response.text()) };
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {Blob} file a browser refuses one that was changed, moved or unplugged meanwhile */
async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
