/**
 * Send one file in one request. XMLHttpRequest, because only it tells how many bytes of a body have
 * gone out.
 */

import { fill } from "../text.js";
import { Fault, faultOf } from "./faults.js";
import { ANSWER_S, Patience, STALL_S } from "./patience.js";
import { csrfToken, lostFault } from "./request.js";

/**
 * @typedef {import("./types.js").Arrival} Arrival
 * @typedef {import("./types.js").Hooks} Hooks
 * @typedef {import("./types.js").Item} Item
 *
 * @typedef {object} Target
 * @property {string} url
 * @property {DOMStringMap} texts `data-text-…`, see templates/tuchuang/_texts.html
 * @property {() => Record<string, string>} [fields] what else goes with each file
 */

/**
 * @param {Target} target
 * @param {Item} item
 * @param {Hooks} hooks
 * @returns {Promise<Arrival>} rejects with a Fault
 */
export async function post(target, item, { signal, onProgress, onSent }) {
  if (signal.aborted) throw new Fault("stopped");
  const { texts } = target;
  const file = /** @type {File} */ (item.file);
  const terms = termsOf(texts, item);
  let stall = terms.stalled;

  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let stalled = false;
    const patience = new Patience(STALL_S, () => {
      stalled = true;
      request.abort();
    });
    const halt = () => request.abort();
    signal.addEventListener("abort", halt);
    request.addEventListener("loadend", () => {
      patience.end();
      signal.removeEventListener("abort", halt);
    });

    request.open("POST", target.url);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Idempotency-Key", item.key);
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      patience.renew(STALL_S);
      onProgress((file.size * loaded) / total);
    });
    request.upload.addEventListener("load", () => {
      stall = terms.unanswered;
      patience.renew(ANSWER_S);
      onSent();
    });
    request.addEventListener("load", () => {
      const arrival = arrivalOf(request.response);
      if (arrival) resolve(arrival);
      else {
        const wait = request.getResponseHeader("Retry-After");
        reject(faultOf(request.status, request.response, wait, texts));
      }
    });
    request.addEventListener("abort", () => {
      reject(stalled ? new Fault("passing", stall) : new Fault("stopped"));
    });
    request.addEventListener("error", async () => reject(await lostFault(terms)));
    request.send(bodyOf(item, { ...target.fields?.(), file }));
  });
}

/**
 * What to tell of a request for this item that gets no answer.
 *
 * @param {DOMStringMap} texts
 * @param {Item} item
 */
export function termsOf(texts, { file, name }) {
  return {
    file,
    lost: texts.textNetwork ?? "",
    stalled: texts.textStalled ?? "",
    unanswered: texts.textUnanswered ?? "",
    gone: fill(texts.textGone, { name }),
  };
}

/**
 * @param {Item} item
 * @param {Record<string, string | Blob>} what the file, or its address
 * @returns {FormData}
 */
export function bodyOf({ batch, keep, visibility, position }, what) {
  const body = new FormData();
  if (batch) body.append("batch", batch);
  if (keep) body.append("keep", keep);
  if (visibility) body.append("visibility", visibility);
  body.append("position", String(position));
  for (const [name, value] of Object.entries(what)) body.append(name, value);
  return body;
}

/**
 * @param {any} body of a successful answer
 * @returns {Arrival | null} null if it is none
 */
export function arrivalOf(body) {
  const card = body?.files?.[0];
  if (!card) return null;
  const { redirect, left, room } = body;
  return { card, known: card.known === true, redirect, left, room };
}
