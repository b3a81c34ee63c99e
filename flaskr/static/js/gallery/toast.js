/** A line at the foot of the page that says what has been done, and can take it back. */

import { announce } from "../announce.js";

const SHOWN_MS = 20_000;
const SHOWN_WITHOUT_A_WAY_BACK_MS = 5000;

export class Toast {
  /** @param {Document} root has the template */
  constructor(root) {
    this._template = /** @type {HTMLTemplateElement} */ (root.querySelector("template[data-toast]"));
    /** @type {HTMLElement | null} */
    this._shown = null;
    /** @type {(() => void) | undefined} */
    this._undo = undefined;
    this._timer = 0;
  }

  /**
   * @param {string} message
   * @param {() => void} [undo]
   * @param {"error"} [kind]
   */
  show(message, undo, kind) {
    this.close();
    const copy = /** @type {DocumentFragment} */ (this._template.content.cloneNode(true));
    const shown = /** @type {HTMLElement} */ (copy.firstElementChild);
    const button = /** @type {HTMLButtonElement} */ (shown.querySelector("[data-undo]"));
    /** @type {HTMLElement} */ (shown.querySelector("[data-message]")).textContent = message;
    shown.classList.toggle("notice--error", kind === "error");
    button.hidden = !undo;
    button.addEventListener("click", () => this.undo());
    shown.querySelector("[data-close]")?.addEventListener("click", () => this.close());
    this._template.after(shown);
    this._shown = shown;
    this._undo = undo;
    announce(message);

    const wait = () => {
      window.clearTimeout(this._timer);
      const time = undo || kind ? SHOWN_MS : SHOWN_WITHOUT_A_WAY_BACK_MS;
      this._timer = window.setTimeout(() => this.close(), time);
    };
    // Whoever is about to use it has all the time there is.
    const stay = () => window.clearTimeout(this._timer);
    shown.addEventListener("pointerenter", stay);
    shown.addEventListener("focusin", stay);
    shown.addEventListener("pointerleave", wait);
    shown.addEventListener("focusout", wait);
    wait();
  }

  /** Whether what is said to be done can be taken back. */
  get canUndo() {
    return this._undo !== undefined;
  }

  /** Take back what was said to be done, if that is possible still. */
  undo() {
    const undo = this._undo;
    if (!undo) return;
    this.close();
    undo();
  }

  close() {
    window.clearTimeout(this._timer);
    this._shown?.remove();
    this._shown = null;
    this._undo = undefined;
  }
}
