/** One file in the list. */

import { showLink } from "../links.js";
import { filesize, fill } from "../text.js";
import { LONGEST_MS as SOON_MS } from "./backoff.js";
import { duration, speed, timeOfDay } from "./words.js";

/** @typedef {import("./types.js").Item} Item */

const SHOWN_FROM_S = 2;

export class Row {
  element;
  #item;
  #texts;
  #hasLink = false;

  /**
   * @param {HTMLTemplateElement} template
   * @param {Item} item
   * @param {DOMStringMap} texts
   */
  constructor(template, item, texts) {
    const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    this.element = /** @type {HTMLElement} */ (copy.firstElementChild);
    this.#item = item;
    this.#texts = texts;
    const { name, path, file } = item;
    this.part("[data-name]").title = path || name;
    this.part("progress").setAttribute("aria-label", fill(texts.textProgress, { name }));
    this.#label("[data-pause]", texts.textPause);
    this.#label("[data-resume]", texts.textResume);
    this.#label("[data-retry]", texts.textRetry);
    this.#label("[data-undo]", texts.textUndo);
    if (file) this.#preview(file);
    this.draw();
  }

  /**
   * @param {string} selector
   * @returns {HTMLElement} the template always has it
   */
  part(selector) {
    return /** @type {HTMLElement} */ (this.element.querySelector(selector));
  }

  draw() {
    const { state, size, sent, reason, note, retriable, name, arrival } = this.#item;
    const texts = this.#texts;
    const isOver = state === "done" || state === "known" || state === "failed";
    const hadFocus = this.element.contains(document.activeElement);
    this.element.dataset.state = state;
    this.part("[data-name]").textContent = name; // another ending, if it became WebP
    this.part("[data-size]").textContent = this.#sizeText();
    this.part("[data-state-text]").textContent = this.#stateText();
    this.part("[data-reason]").textContent = reason || note;

    const bar = /** @type {HTMLProgressElement} */ (this.part("progress"));
    if (size || state !== "sending") bar.value = size ? Math.min(100, (100 * sent) / size) : 0;
    else bar.removeAttribute("value"); // how big it is, nobody knows yet
    bar.setAttribute("aria-valuetext", `${this.#stateText()} ${this.#sizeText()}`.trim());

    this.part("[data-pause]").hidden = state !== "waiting" && state !== "sending";
    this.part("[data-resume]").hidden = state !== "paused";
    this.part("[data-retry]").hidden = state !== "failed" || !retriable;
    const undo = this.element.querySelector("[data-undo]");
    if (undo instanceof HTMLElement) undo.hidden = state !== "done";
    this.part("[data-remove]").hidden = state === "done";
    const away = fill(isOver ? texts.textRemove : texts.textCancel, { name });
    this.part("[data-remove]").setAttribute("aria-label", away);

    const slot = this.element.querySelector("[data-link]");
    if (arrival && slot instanceof HTMLElement && !this.#hasLink) {
      this.#hasLink = true;
      showLink(slot, arrival.card);
    }
    // The button that had it is of no use any more.
    if (hadFocus && !this.element.contains(document.activeElement)) this.focus();
  }

  /** Put the focus on the first thing that can be done with it. */
  focus() {
    for (const button of this.element.querySelectorAll("[data-actions] button")) {
      if (button instanceof HTMLButtonElement && !button.hidden && !button.disabled) {
        button.focus();
        return;
      }
    }
  }

  /** @param {File} file */
  async #preview(file) {
    try {
      const { showPreview } = await import("./preview.js");
      showPreview(this.part("[data-thumb]"), file);
    } catch {
      // The icon will do.
    }
  }

  #sizeText() {
    const { state, size, sent } = this.#item;
    if (state !== "sending" && state !== "paused") return size ? filesize(size) : "";
    if (!size) return sent ? filesize(sent) : "";
    const texts = { sent: filesize(sent), size: filesize(size) };
    return sent ? fill(this.#texts.textBytes, texts) : texts.size;
  }

  #stateText() {
    const { state, size, sent, rate, reason, again } = this.#item;
    const texts = this.#texts;
    if (state === "waiting") {
      if (!reason || !again || again === Infinity) return texts.textWaiting ?? "";
      if (again - Date.now() <= SOON_MS) return texts.textAgain ?? "";
      return fill(texts.textAgainAt, { time: timeOfDay(again) });
    }
    if (state !== "sending") {
      return {
        checking: texts.textChecking ?? "",
        paused: texts.textPaused ?? "",
        done: texts.textDone ?? "",
        known: texts.textKnown ?? "",
        failed: texts.textFailed ?? "",
      }[state];
    }
    if (!size) return texts.textFetching ?? "";
    const percent = Math.floor((100 * sent) / size);
    const words = [fill(texts.textSending, { percent })];
    if (rate.value) {
      const left = (size - sent) / rate.value;
      words.push(speed(rate.value));
      if (left >= SHOWN_FROM_S) words.push(fill(texts.textLeft, { time: duration(left) }));
    }
    return words.join(" · ");
  }

  /**
   * @param {string} selector
   * @param {string | undefined} text
   */
  #label(selector, text) {
    this.element.querySelector(selector)?.setAttribute("aria-label", fill(text, { name: this.#item.name }));
  }
}
