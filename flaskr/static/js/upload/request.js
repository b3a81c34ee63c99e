/** `fetch` as uploads need it: our headers, a time limit, faults instead of exceptions. */

import { Fault } from "./faults.js";
import { Patience, STALL_S } from "./patience.js";

/**
 * @typedef {object} Terms
 * @property {AbortSignal} [signal] breaks it off
 * @property {number} [seconds] how long the answer may take, or a part of it
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
 * @returns {Promise<Response>} whatever the status; rejects with a Fault
 */
export async function request(url, init, terms = {}) {
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
    return await fetch(url, {
      credentials: "same-origin",
      ...init,
      headers: { Accept: "application/json", "X-CSRFToken": csrfToken(), ...init.headers },
      signal: stop.signal,
    });
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
 * @returns {Promise<any>} null if it isn't JSON
 */
export async function jsonOf(response) {
  try {
    return await response.json();
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
