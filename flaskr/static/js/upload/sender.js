/**
 * Which way a file goes: in one request, piece by piece, or fetched by the server. What most visits
 * have no use for is loaded when it is needed.
 */

import { checkSize, mayShrink } from "./check.js";
import { Fault } from "./faults.js";
import { request } from "./request.js";
import { post } from "./transport.js";

/**
 * @typedef {import("./types.js").Arrival} Arrival
 * @typedef {import("./types.js").Hooks} Hooks
 * @typedef {import("./types.js").Item} Item
 */

const IN_ONE_REQUEST = 4 * 1024 * 1024;

export class Sender {
  #texts;
  #url;
  #unloaded = 0;
  /** @type {WeakMap<Item, Promise<void>>} */
  #preparing = new WeakMap();

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
    if (!item.file) {
      const { fetchAddress } = await this.#load("address");
      return fetchAddress({ url: texts.fetchUrl ?? "", texts }, item, hooks);
    }
    if (!item.prepared) await this.#prepareOnce(item);
    if (item.size <= IN_ONE_REQUEST) return post({ url: this.#url, texts }, item, hooks);
    const { sendInPieces } = await this.#load("resumable");
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
      const response = await request(`${pathname}/delete`, { method: "POST", keepalive: true }, { lost, stalled: lost });
      if (response.ok || response.status === 404) return "";
      return response.body?.error?.message ?? lost;
    } catch (error) {
      return error instanceof Fault ? error.message : String(error);
    }
  }

  /** @param {Item} item that will not be sent to its end */
  async abandon(item) {
    const { abandon } = await this.#load("resumable");
    abandon(item.resume);
  }

  /**
   * Paused and resumed meanwhile, it goes on with what was begun.
   *
   * @param {Item} item
   */
  async #prepareOnce(item) {
    const work = this.#preparing.get(item) ?? this.#prepare(item);
    this.#preparing.set(item, work);
    try {
      await work;
    } finally {
      this.#preparing.delete(item);
    }
  }

  /** @param {Item} item */
  async #prepare(item) {
    const { keep, choices } = item;
    let file = /** @type {File} */ (item.file);
    let note = "";
    if (mayShrink(file.type, keep, choices) || (choices.edge && keep !== "backup")) {
      const { prepare } = await this.#load("shrink");
      const made = await prepare(file, choices);
      file = made.file;
      if (made.tooLong) note = this.#texts.textTooLong ?? "";
    }
    const reason = checkSize(file, this.#texts);
    if (reason) throw new Fault("refused", reason);
    // The same bytes from now on, however often they are sent.
    Object.assign(item, { file, note, prepared: true, size: file.size, name: file.name });
  }

  /**
   * @param {"address" | "resumable" | "shrink"} name of a module
   * @returns {Promise<any>} rejects with a Fault if the server is not there to give it
   */
  async #load(name) {
    // Some browsers remember a module that could not be loaded: ask for it under another address.
    const again = this.#unloaded ? `?${this.#unloaded}` : "";
    try {
      return await import(`./${name}.js${again}`);
    } catch {
      this.#unloaded += 1;
      throw new Fault("lost", this.#texts.textNetwork);
    }
  }
}
