/** What is said aloud of many files: not every one of them, and never two at once. */

import { announce } from "../announce.js";

const PAUSE_MS = 1000;

export class Sayings {
  /** @type {Map<string, string>} by what they are about: only the latest counts */
  #next = new Map();
  #timer = 0;

  /**
   * @param {string} about
   * @param {string} text
   */
  say(about, text) {
    this.#next.delete(about);
    this.#next.set(about, text);
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      announce([...this.#next.values()].join(" "));
      this.#next.clear();
    }, PAUSE_MS);
  }
}
