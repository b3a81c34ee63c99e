/**
 * Send one file piece by piece (tus 1.0): what has arrived stays there through a lost connection, a
 * new log-in or another visit.
 */

import { fill } from "../text.js";
import { Fault, faultOf } from "./faults.js";
import { ANSWER_S, STALL_S } from "./patience.js";
import { request } from "./request.js";
import { arrivalOf, termsOf } from "./transport.js";

/**
 * @typedef {import("./types.js").Arrival} Arrival
 * @typedef {import("./types.js").Hooks} Hooks
 * @typedef {import("./types.js").Item} Item
 * @typedef {import("./request.js").Answer} Answer
 * @typedef {import("./transport.js").Target} Target
 */

const VERSION = { "Tus-Resumable": "1.0.0" };
const SMALLEST = 64 * 1024;
const FIRST = 256 * 1024;
const LARGEST = 4 * 1024 * 1024;
const GONE = [404, 410];

/** How big the next piece is: as much as goes out in a second. @type {WeakMap<Item, number>} */
const paces = new WeakMap();

/**
 * @param {Target} target
 * @param {Item} item
 * @param {Hooks} hooks
 * @returns {Promise<Arrival>} rejects with a Fault
 */
export async function sendInPieces(target, item, hooks) {
  const upload = new Upload(target, item, hooks);
  let offset = await upload.findOffset();
  hooks.onFound(offset);
  while (offset < upload.size) offset = await upload.sendPiece(offset);
  return upload.fetchArrival();
}

/**
 * Tell the server that the rest of a file will never come. Whether it hears it matters little: it
 * forgets such files by itself.
 *
 * @param {string} place
 */
export async function abandon(place) {
  try {
    await request(place, { method: "DELETE", headers: VERSION, keepalive: true });
  } catch {
    // It will.
  }
}

class Upload {
  #target;
  #item;
  #hooks;
  #file;

  /**
   * @param {Target} target
   * @param {Item} item
   * @param {Hooks} hooks
   */
  constructor(target, item, hooks) {
    this.#target = target;
    this.#item = item;
    this.#hooks = hooks;
    this.#file = /** @type {File} */ (item.file);
  }

  get size() {
    return this.#file.size;
  }

  /** @returns {Promise<number>} how much the server has, in the place that is made if need be */
  async findOffset() {
    if (this.#item.resume) {
      const response = await this.#ask(this.#item.resume, { method: "HEAD" });
      if (response.ok) return offsetOf(response, this.#target.texts);
      if (!GONE.includes(response.status)) throw this.#faultOf(response);
    }
    return this.#create();
  }

  async #create() {
    const { name, batch, keep, visibility, position, key } = this.#item;
    const told = { filename: name, filetype: this.#file.type, batch, keep, visibility, position };
    const response = await this.#ask(this.#target.url, {
      method: "POST",
      headers: {
        "Idempotency-Key": key,
        "Upload-Length": String(this.size),
        "Upload-Metadata": metadata(told),
      },
    });
    const location = response.headers.get("Location");
    if (response.status !== 201 || !location) throw this.#faultOf(response);
    // The server may know itself under another name than the one we reached it by.
    this.#hooks.onPlace(new URL(location, document.baseURI).pathname);
    return Number(response.headers.get("Upload-Offset") ?? 0);
  }

  /**
   * @param {number} offset
   * @returns {Promise<number>} the next one
   */
  async sendPiece(offset) {
    const pace = paces.get(this.#item) ?? FIRST;
    const body = this.#file.slice(offset, offset + pace);
    const isLast = offset + body.size >= this.size;
    if (isLast) this.#hooks.onSent(); // with it, the server takes the picture in
    // Unless this piece arrives, the next is a smaller one.
    paces.set(this.#item, clamp(pace / 4));
    const began = performance.now();
    const response = await this.#ask(
      this.#item.resume,
      {
        method: "PATCH",
        headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) },
        body,
      },
      isLast ? ANSWER_S : STALL_S,
    );
    if (response.status === 409) {
      const found = await this.findOffset();
      if (found === offset) throw this.#faultOf(response);
      this.#hooks.onFound(found);
      return found;
    }
    if (GONE.includes(response.status)) this.#hooks.onPlace("");
    if (response.status !== 204) throw this.#faultOf(response);
    const seconds = Math.max(0.05, (performance.now() - began) / 1000);
    paces.set(this.#item, clamp(Math.min(body.size / seconds, 2 * pace)));
    const next = offsetOf(response, this.#target.texts);
    this.#hooks.onProgress(next);
    this.#hooks.onSaved();
    return next;
  }

  /** @returns {Promise<Arrival>} what became of it, once all of it is there */
  async fetchArrival() {
    const response = await this.#ask(this.#item.resume, {}, ANSWER_S);
    if (GONE.includes(response.status)) this.#hooks.onPlace("");
    const arrival = response.ok ? arrivalOf(response.body) : null;
    if (!arrival) throw this.#faultOf(response);
    return arrival;
  }

  /**
   * @param {string} url
   * @param {RequestInit} init
   * @param {number} [seconds]
   * @returns {Promise<Answer>}
   */
  #ask(url, init, seconds = STALL_S) {
    const headers = { ...VERSION, ...init.headers };
    const { unanswered, ...terms } = termsOf(this.#target.texts, this.#item);
    const stalled = seconds === ANSWER_S ? unanswered : terms.stalled;
    const { signal } = this.#hooks;
    return request(url, { ...init, headers }, { ...terms, stalled, seconds, signal });
  }

  /** @param {Answer} response */
  #faultOf(response) {
    const { texts } = this.#target;
    // A place that is gone is made anew.
    const status = GONE.includes(response.status) ? 409 : response.status;
    return faultOf(status, response.body, response.headers.get("Retry-After"), texts);
  }
}

/**
 * @param {Answer} response
 * @param {DOMStringMap} texts
 * @returns {number}
 */
function offsetOf(response, texts) {
  const offset = Number(response.headers.get("Upload-Offset") ?? Number.NaN);
  if (Number.isInteger(offset)) return offset;
  throw new Fault("passing", fill(texts.textUnexpected, { status: response.status }));
}

/**
 * @param {Record<string, string | number>} values
 * @returns {string} as tus writes it: `key base64,key base64`
 */
function metadata(values) {
  return Object.entries(values)
    .filter(([, value]) => value !== "")
    .map(([key, value]) => `${key} ${base64(String(value))}`)
    .join(",");
}

/** @param {string} text */
function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** @param {number} bytes */
function clamp(bytes) {
  return Math.round(Math.min(LARGEST, Math.max(SMALLEST, bytes)));
}
