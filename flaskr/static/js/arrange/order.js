/** A list in its order on the page, and moving within it. */

import { fill } from "../text.js";

const GLIDE_MS = 120;

/**
 * What was moved, beside what it stands now, and the order that this has made.
 *
 * @typedef {{spot: HTMLElement, side: "before" | "after", other: string, order: HTMLElement[]}} Move
 */

export class Order extends EventTarget {
  /**
   * @param {HTMLElement} list
   * @param {DOMStringMap} texts
   * @param {(text: string) => void} announce
   */
  constructor(list, texts, announce) {
    super();
    this.list = list;
    this._texts = texts;
    this._announce = announce;
  }

  get spots() {
    return /** @type {HTMLElement[]} */ ([...this.list.children]);
  }

  /**
   * Put one where another is, which makes way; nothing is kept yet.
   *
   * @param {HTMLElement} spot
   * @param {HTMLElement} other
   */
  put(spot, other) {
    const spots = this.spots;
    const before = spots.map((each) => [each, each.offsetLeft, each.offsetTop]);
    if (spots.indexOf(spot) < spots.indexOf(other)) other.after(spot);
    else other.before(spot);
    for (const [each, left, top] of /** @type {[HTMLElement, number, number][]} */ (before)) {
      if (each !== spot) glide(each, left - each.offsetLeft, top - each.offsetTop);
    }
  }

  /**
   * Move one to a place, keep that and say it.
   *
   * @param {HTMLElement} spot
   * @param {number} place beyond the ends: at the end
   */
  moveTo(spot, place) {
    const spots = this.spots;
    const other = spots[Math.min(Math.max(place, 0), spots.length - 1)];
    if (other === spot) return;
    this.put(spot, other);
    this.settle(spot);
  }

  /** @param {HTMLElement} spot that was moved, and stays where it is now */
  settle(spot) {
    const next = /** @type {HTMLElement | null} */ (spot.nextElementSibling);
    const last = /** @type {HTMLElement | null} */ (spot.previousElementSibling);
    const { name } = spot.dataset;
    if (next) this._say(this._texts.textBefore, { name, other: next.dataset.name });
    else this._say(this._texts.textLast, { name });
    const other = next ?? last;
    if (!other) return;
    /** @type {Move} */
    const move = {
      spot,
      side: next ? "before" : "after",
      other: other.dataset.key ?? "",
      order: this.spots,
    };
    this.dispatchEvent(new CustomEvent("move", { detail: move }));
  }

  /** @param {HTMLElement} spot that is where it was before somebody took it */
  leave(spot) {
    this._say(this._texts.textCancelled, { name: spot.dataset.name });
  }

  /** @param {HTMLElement[]} spots in the order to go back to */
  restore(spots) {
    const focused = document.activeElement;
    this.list.append(...spots);
    if (focused instanceof HTMLElement && this.list.contains(focused)) focused.focus();
  }

  /**
   * @param {string | undefined} text
   * @param {Record<string, string | undefined>} values
   */
  _say(text, values) {
    this._announce(fill(text, /** @type {Record<string, string>} */ (values)));
  }
}

/**
 * Let an element come from where it was.
 *
 * @param {HTMLElement} element
 * @param {number} x
 * @param {number} y
 */
function glide(element, x, y) {
  if ((!x && !y) || window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  element.animate([{ translate: `${x}px ${y}px` }, { translate: "0 0" }], {
    duration: GLIDE_MS,
    easing: "ease-out",
  });
}
