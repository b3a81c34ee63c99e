/**
 * Copy buttons: `<button data-copy="what to copy">`. The button itself says
 * "Copied" for a moment.
 */

import { announce } from "./announce.js";

const SAID_FOR_MS = 1600;

/** @type {WeakMap<Element, number>} */
const timers = new WeakMap();

/** @param {Document} root */
export function watchCopying(root) {
  root.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const button = event.target.closest("[data-copy]");
    if (button instanceof HTMLElement) copyFrom(button);
  });
  // A field of a link is there to be copied: select all of it at once.
  root.addEventListener("focusin", (event) => {
    const field = event.target;
    if (field instanceof HTMLInputElement && field.matches("[data-select]")) field.select();
  });
}

/** @param {HTMLElement} button */
async function copyFrom(button) {
  const texts = document.body.dataset;
  const copied = await writeText(button.dataset.copy ?? "");
  say(button, copied);
  if (copied) {
    announce(texts.textCopied ?? "");
    return;
  }
  announce(texts.textCopyFailedHelp ?? "");
  const field = button.parentElement?.querySelector("[data-select]");
  if (field instanceof HTMLInputElement) field.focus();
}

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether it is on the clipboard
 */
export async function writeText(text) {
  // Over plain http (but for localhost) there is no navigator.clipboard.
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Not allowed: the old way may be.
    }
  }
  return writeTextOldWay(text);
}

/** @param {string} text */
function writeTextOldWay(text) {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.className = "sr-only";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return copied;
}

/**
 * Let the button itself tell for a moment what became of copying.
 *
 * @param {HTMLElement} button
 * @param {boolean} copied
 */
export function say(button, copied) {
  const texts = document.body.dataset;
  window.clearTimeout(timers.get(button));
  let said = button.querySelector(".copy-said");
  if (!said) {
    said = document.createElement("span");
    said.className = "copy-said";
    button.append(said);
  }
  said.textContent = (copied ? texts.textCopied : texts.textCopyFailed) ?? "";
  button.dataset.said = copied ? "copied" : "failed";
  timers.set(
    button,
    window.setTimeout(() => {
      delete button.dataset.said;
      said.remove();
    }, SAID_FOR_MS),
  );
}
