/** Which way a file goes: in one request, piece by piece, or fetched by the server. */

import { fetchAddress } from "./address.js";
import { checkSize } from "./check.js";
import { Fault } from "./faults.js";
import { jsonOf, request } from "./request.js";
import { abandon, sendInPieces } from "./resumable.js";
import { prepare } from "./shrink.js";
import { post } from "./transport.js";

/**
 * @typedef {import("./queue.js").Arrival} Arrival
 * @typedef {import("./queue.js").Hooks} Hooks
 * @typedef {import("./queue.js").Item} Item
 */

const IN_ONE_REQUEST = 4 * 1024 * 1024;

export class Sender {
  #texts;
  #url;

  /**
   * @param {DOMStringMap} texts of the page, with the addresses
   * @param {string} url for files in one request
   */
  constructor(texts, url) {
    this.#texts = texts;
    this.#url = url;
  }

  /**
   * @param {Item} item
   * @param {Hooks} hooks
   * @returns {Promise<Arrival>} rejects with a Fault
   */
  async send(item, hooks) {
    const texts = this.#texts;
    if (!item.file) return fetchAddress({ url: texts.fetchUrl ?? "", texts }, item, hooks);
    if (!item.prepared) await this.#prepare(item);
    hooks.onProgress(item.sent);
    if (item.size <= IN_ONE_REQUEST) return post({ url: this.#url, texts }, item, hooks);
    return sendInPieces({ url: texts.tusUrl ?? "", texts }, item, hooks);
  }

  /**
   * @param {Arrival} arrival
   * @returns {Promise<boolean>} whether its picture has not been deleted meanwhile
   */
  async isThere({ card }) {
    try {
      const { pathname } = new URL(card.page, document.baseURI);
      return (await request(pathname, { method: "HEAD" })).ok;
    } catch {
      return false;
    }
  }

  /**
   * Delete a picture that has arrived.
   *
   * @param {Item} item
   * @returns {Promise<string>} why it did not work, or ""
   */
  async undo({ arrival }) {
    if (!arrival) return "";
    const lost = this.#texts.textNetwork ?? "";
    const { pathname } = new URL(arrival.card.page, document.baseURI);
    try {
      const response = await request(`${pathname}/delete`, { method: "POST" }, { lost, stalled: lost });
      if (response.ok || response.status === 404) return "";
      return (await jsonOf(response))?.error?.message ?? lost;
    } catch (error) {
      return error instanceof Fault ? error.message : String(error);
    }
  }

  /** @param {Item} item that will not be sent to its end */
  abandon(item) {
    abandon(item.resume);
  }

  /** @param {Item} item */
  async #prepare(item) {
    const file = await prepare(/** @type {File} */ (item.file), item.keep, item.choices);
    const reason = checkSize(file, this.#texts);
    if (reason) throw new Fault("refused", reason);
    // The same bytes from now on, however often they are sent.
    Object.assign(item, { file, prepared: true, size: file.size, name: file.name });
  }
}
