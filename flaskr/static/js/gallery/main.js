/** The gallery: more as one scrolls, and pictures to choose. */

import { watchSuggestions } from "../suggest.js";
import { showCount, watchActs } from "./acts.js";
import { showDays } from "./days.js";
import { watchKeyboard } from "./keyboard.js";
import { watchEnds } from "./paging.js";
import { watchPointing } from "./pointing.js";
import { Selection } from "./selection.js";

const form = document.querySelector("form[data-gallery]");
if (form instanceof HTMLFormElement) start(form);

/** @param {HTMLFormElement} form */
function start(form) {
  const selection = new Selection(form);
  const keyboard = watchKeyboard(selection);
  watchPointing(selection);
  showCount(selection);
  watchActs(selection, keyboard);
  watchEnds(form, () => {
    keyboard.tidy();
    selection.refresh();
  });
  showDays(form);
  watchAlbumName(form);
  watchSuggestions(form);
  form.toggleAttribute("data-ready", true);
}

/**
 * An album that is there needs no name.
 *
 * @param {HTMLFormElement} form
 */
function watchAlbumName(form) {
  const select = form.querySelector('select[name="album"]');
  const name = form.querySelector("[data-album-name]");
  if (!(select instanceof HTMLSelectElement) || !(name instanceof HTMLInputElement)) return;
  const show = () => {
    name.hidden = select.value !== "";
  };
  select.addEventListener("change", show);
  show();
}
