/** The pictures that a post's cover may be: those that are here, and those uploaded meanwhile. */

import { announce } from "./announce.js";
import { fill } from "./text.js";
import { watchPicks } from "./upload/dropzone.js";

/** @typedef {import("./upload/types.js").Card & {thumbnail: string}} Card */

/**
 * @param {HTMLFormElement} form
 * @param {(files: File[]) => void} onFiles takes what is uploaded for a cover
 * @returns {(card: Card, chosen: boolean) => void} offers a picture, and chooses it if so
 */
export function watchCovers(form, onFiles) {
  const choices = /** @type {HTMLElement} */ (form.querySelector("[data-covers]"));
  const adding = /** @type {HTMLElement} */ (choices.querySelector("[data-cover-add]"));
  const picker = /** @type {HTMLInputElement} */ (adding.querySelector("input"));
  const template = /** @type {HTMLTemplateElement} */ (
    form.querySelector("template[data-cover-choice]")
  );
  adding.hidden = false;
  watchPicks(picker, onFiles);

  /** @param {Card} card */
  const made = ({ key, name, thumbnail }) => {
    const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    const choice = /** @type {HTMLElement} */ (copy.firstElementChild);
    const picture = /** @type {HTMLImageElement} */ (choice.querySelector("img"));
    const { pathname, search } = new URL(thumbnail, document.baseURI);
    picture.removeAttribute("srcset");
    picture.src = pathname + search;
    choice.title = name;
    /** @type {HTMLElement} */ (choice.querySelector(".sr-only")).textContent = name;
    const radio = /** @type {HTMLInputElement} */ (choice.querySelector("input"));
    radio.value = key;
    choices.children[0].after(choice);
    return radio;
  };

  return (card, chosen) => {
    const there = [...choices.querySelectorAll("input")].find(
      ({ type, value }) => type === "radio" && value === card.key,
    );
    const radio = there ?? made(card);
    if (!chosen) return;
    radio.checked = true;
    radio.focus();
    announce(fill(choices.dataset.textCover, { name: card.name }));
  };
}
