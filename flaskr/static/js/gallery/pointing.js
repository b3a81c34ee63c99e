/** Choosing with a mouse or a finger. */

import { boxOf } from "./selection.js";

const LONG_PRESS_MS = 450;
const STILL_PX = 10;

/** @typedef {import("./selection.js").Selection} Selection */

/** @param {Selection} selection */
export function watchPointing(selection) {
  const { form } = selection;
  watchClicks(form, selection);
  watchLongPresses(form, selection);
}

/**
 * @param {HTMLFormElement} form
 * @param {Selection} selection
 */
function watchClicks(form, selection) {
  form.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const tile = tileOf(target);
    if (!tile) return;
    if (target === boxOf(tile)) {
      const on = boxOf(tile).checked;
      if (event.shiftKey && on) selection.extendTo(tile);
      else selection.toggle(tile, on);
      return;
    }
    // The keyboard opens, and so does what reads the page out: a click of theirs has no number.
    if (!target.closest(".tile-link") || event.detail === 0) return;
    if (event.shiftKey) selection.extendTo(tile);
    else if (event.ctrlKey || event.metaKey || selection.isOn) selection.toggle(tile);
    else return;
    event.preventDefault();
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {Selection} selection
 */
function watchLongPresses(form, selection) {
  let timer = 0;
  let pressed = false;
  let touched = false;
  let [x, y] = [0, 0];
  const stop = () => window.clearTimeout(timer);

  form.addEventListener("pointerdown", (event) => {
    stop();
    pressed = false;
    touched = event.pointerType === "touch";
    const target = /** @type {Element} */ (event.target);
    const tile = tileOf(target);
    if (!touched || !event.isPrimary || !tile || !target.closest(".tile-link")) return;
    [x, y] = [event.clientX, event.clientY];
    timer = window.setTimeout(() => {
      pressed = true;
      selection.toggle(tile);
      if ("vibrate" in navigator) navigator.vibrate(10);
    }, LONG_PRESS_MS);
  });
  form.addEventListener("pointermove", (event) => {
    if (Math.hypot(event.clientX - x, event.clientY - y) > STILL_PX) stop();
  });
  for (const end of ["pointerup", "pointercancel"]) form.addEventListener(end, stop);
  // A long press would open the browser's menu for links.
  form.addEventListener("contextmenu", (event) => {
    if (touched && tileOf(/** @type {Element} */ (event.target))) event.preventDefault();
  });
  // The finger that is lifted after a long press clicks; that is not meant.
  form.addEventListener(
    "click",
    (event) => {
      if (!pressed) return;
      pressed = false;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
}

/**
 * @param {Element} element
 * @returns {HTMLElement | null}
 */
export function tileOf(element) {
  return element.closest(".tile");
}
