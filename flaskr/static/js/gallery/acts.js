/** What is done with the chosen pictures, without leaving the page. */

import { announce } from "../announce.js";
import { writeText } from "../copy.js";
import { fill } from "../text.js";
import { boxOf } from "./selection.js";
import { Toast } from "./toast.js";

/**
 * @typedef {import("./selection.js").Selection} Selection
 * @typedef {{tile: HTMLElement, parent: ParentNode, next: Node | null}} Taken
 * @typedef {{message: string, album?: {key: string, name: string},
 *   visibility?: string, gone?: boolean, keys?: string[], links?: string[]}} Answer
 */

/**
 * @param {Selection} selection
 * @param {{tidy: () => void, focus: (tile: HTMLElement) => void}} keyboard
 */
export function watchActs(selection, keyboard) {
  const { form } = selection;
  const texts = form.dataset;
  const toast = new Toast(document);
  const all = /** @type {HTMLInputElement | null} */ (form.querySelector("[data-all]"));
  let isActing = false;

  for (const menu of form.querySelectorAll("details.menu")) watchMenu(/** @type {HTMLDetailsElement} */ (menu));
  form.addEventListener("submit", (event) => {
    const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
    // A download leaves the page as it is; what cannot be taken back is asked about on a page.
    if (!button || button.hasAttribute("formaction") || "plain" in button.dataset) return;
    event.preventDefault();
    actOnce(button);
  });
  // Enter in a field means the button beside it, not the first one of the form.
  form.addEventListener("keydown", (event) => {
    const field = /** @type {Element} */ (event.target);
    if (event.key !== "Enter" || event.isComposing || !field.matches(".act-form .input")) return;
    event.preventDefault();
    const button = field.closest(".act-form")?.querySelector("button");
    if (button) button.click();
  });
  form.querySelector("[data-copy-links]")?.addEventListener("click", copyLinks);
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.matches("input:not([type=checkbox]), textarea");
    if (event.key === "z" && (event.ctrlKey || event.metaKey) && !typing) toast.undo();
  });

  /**
   * The second click of a double click does nothing, wherever the first one has got to.
   *
   * @param {HTMLButtonElement} button
   */
  async function actOnce(button) {
    const isOver = toast.canUndo && !selection.count;
    if (isActing || isOver) return;
    isActing = true;
    try {
      await act(button);
    } finally {
      isActing = false;
    }
  }

  /** @param {HTMLButtonElement} button */
  async function act(button) {
    const chosen = selection.chosen;
    const everything = all?.checked ?? false;
    const answer = await post(form.getAttribute("action") ?? "", new FormData(form, button));
    closeMenus();
    if (!answer) return;
    const keys = answer.keys?.length && texts.undoUrl ? answer.keys : null;
    if (answer.gone && everything && !keys) {
      window.location.assign(window.location.pathname + window.location.search);
      return;
    }
    let undo;
    if (answer.gone && everything) {
      // Nothing is left to go on to: with the list go the ways to its other pages.
      for (const end of form.querySelectorAll("[data-later], [data-earlier]")) end.replaceChildren();
      take([...selection.tiles]);
      undo = () => giveAllBack(/** @type {string[]} */ (keys));
    } else if (answer.gone) {
      const taken = take(chosen);
      if (keys) undo = () => giveBack(keys, taken);
    }
    if (answer.visibility) for (const tile of chosen) tile.dataset.visibility = answer.visibility;
    if (answer.album) offer(answer.album);
    // That nothing more was deleted is no reason to take the way back from who deleted before.
    if (answer.keys?.length === 0 && toast.canUndo) return;
    toast.show(answer.message, undo);
  }

  async function copyLinks() {
    let links = selection.chosen.map((tile) => tile.dataset.link ?? "");
    if (all?.checked) {
      const data = new FormData(form);
      data.set("action", "links");
      const answer = await post(form.getAttribute("action") ?? "", data);
      if (!answer) return;
      links = answer.links ?? [];
    }
    if (!links.length) return;
    const copied = await writeText(links.join("\n"));
    const { textCopyFailed } = document.body.dataset;
    toast.show((copied ? texts.textCopied : textCopyFailed) ?? "");
  }

  /**
   * @param {string} url
   * @param {FormData} data
   * @returns {Promise<Answer | null>} null if it was refused; people have been told why
   */
  async function post(url, data) {
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(/** @type {any} */ (data)),
      });
      const told = await answer.json();
      if (answer.ok) return told;
      if (told.error.code === "in_use") {
        askOnPage(url, data);
        return null;
      }
      toast.show(told.error.message, undefined, "error");
    } catch {
      toast.show(texts.textFailed ?? "", undefined, "error");
    }
    return null;
  }

  /**
   * Send the form as a browser does by itself: what is used somewhere is asked about on a page.
   *
   * @param {string} url
   * @param {FormData} data
   */
  function askOnPage(url, data) {
    const plain = document.createElement("form");
    plain.method = "post";
    plain.action = url;
    plain.hidden = true;
    for (const [name, value] of data) {
      const field = document.createElement("input");
      field.name = name;
      field.value = String(value);
      plain.append(field);
    }
    document.body.append(plain);
    plain.submit();
  }

  /**
   * Take tiles off the page.
   *
   * @param {HTMLElement[]} tiles
   * @returns {Taken[]} how to put them back
   */
  function take(tiles) {
    const after = selection.tiles[[...selection.tiles].indexOf(tiles[tiles.length - 1]) + 1];
    const taken = tiles.map((tile) => {
      boxOf(tile).checked = false;
      const was = { tile, parent: /** @type {ParentNode} */ (tile.parentNode), next: tile.nextSibling };
      tile.remove();
      return was;
    });
    tidyMonths();
    selection.clear();
    keyboard.tidy();
    const rest = after ?? selection.tiles[selection.tiles.length - 1];
    if (rest) keyboard.focus(rest);
    return taken;
  }

  /**
   * @param {string[]} keys
   * @returns {Promise<Answer | null>} as of `post`
   */
  function restore(keys) {
    const data = new FormData();
    data.set("csrf_token", new FormData(form).get("csrf_token") ?? "");
    data.set("action", "restore");
    for (const key of keys) data.append("key", key);
    return post(texts.undoUrl ?? "", data);
  }

  /**
   * Bring back more than the page had: it is read anew.
   *
   * @param {string[]} keys
   */
  async function giveAllBack(keys) {
    if (await restore(keys)) window.location.reload();
  }

  /**
   * @param {string[]} keys
   * @param {Taken[]} taken
   */
  async function giveBack(keys, taken) {
    const answer = await restore(keys);
    if (!answer) return;
    // The last was taken last: what it stood before is there, once it is back.
    for (const { tile, parent, next } of taken.reverse()) parent.insertBefore(tile, next);
    tidyMonths();
    keyboard.tidy();
    if (taken[0]) keyboard.focus(taken[taken.length - 1].tile);
    toast.show(answer.message);
  }

  /** A month without pictures has no heading. */
  function tidyMonths() {
    for (const month of form.querySelectorAll(".month")) {
      /** @type {HTMLElement} */ (month).hidden = !month.querySelector(".tile");
    }
    const note = /** @type {HTMLElement | null} */ (form.querySelector("[data-emptied]"));
    const more = form.querySelector("[data-later] a, [data-earlier] a");
    if (note) note.hidden = selection.tiles.length > 0 || more !== null;
  }

  /** @param {{key: string, name: string}} album */
  function offer(album) {
    const select = /** @type {HTMLSelectElement} */ (form.querySelector('[name="album"]'));
    if (![...select.options].some((option) => option.value === album.key)) {
      select.add(new Option(album.name, album.key));
    }
    select.value = album.key;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    /** @type {HTMLInputElement} */ (form.querySelector("[data-album-name]")).value = "";
  }

  function closeMenus() {
    for (const menu of form.querySelectorAll("details[open]")) menu.removeAttribute("open");
  }
}

/**
 * In a menu that opens one can type at once. On a phone the keyboard would cover it.
 *
 * @param {HTMLDetailsElement} menu
 */
function watchMenu(menu) {
  menu.addEventListener("toggle", () => {
    if (!menu.open || window.matchMedia("(pointer: coarse)").matches) return;
    const field = menu.querySelector("input.input:not([hidden])") ?? menu.querySelector("select");
    if (field instanceof HTMLElement) field.focus();
  });
}

/**
 * The bar with what can be done: how many are chosen.
 *
 * @param {Selection} selection
 */
export function showCount(selection) {
  const { form } = selection;
  const texts = form.dataset;
  const bar = /** @type {HTMLElement} */ (form.querySelector("[data-selection]"));
  const text = /** @type {HTMLElement} */ (form.querySelector("[data-count]"));
  const all = /** @type {HTMLInputElement | null} */ (form.querySelector("[data-all]"));
  const mode = document.querySelector("[data-select-mode]");

  const draw = () => {
    const { count, isOn } = selection;
    const told = countText(count);
    form.toggleAttribute("data-selecting", isOn);
    bar.toggleAttribute("data-empty", count === 0);
    mode?.setAttribute("aria-pressed", String(isOn));
    if (text.textContent === told) return;
    text.textContent = told;
    if (isOn) announce(told);
  };

  /** @param {number} count */
  function countText(count) {
    if (all?.checked) return texts.textAll ?? "";
    if (!count) return texts.textNone ?? "";
    return fill(count === 1 ? texts.textCountOne : texts.textCount, { count });
  }

  all?.addEventListener("change", () => {
    if (all.checked) selection.chooseAll();
    else selection.refresh();
  });
  selection.addEventListener("change", () => {
    // Who takes one out does not mean all any more.
    if (all?.checked && selection.count < selection.tiles.length) all.checked = false;
    draw();
  });
  document.querySelector("[data-select-spare]")?.addEventListener("click", () => {
    for (const copies of form.querySelectorAll("[data-copies]")) {
      const [, ...spare] = copies.querySelectorAll(".tile-check");
      for (const box of spare) /** @type {HTMLInputElement} */ (box).checked = true;
    }
    selection.refresh();
  });
  mode?.addEventListener("click", () => selection.setMode(!selection.isOn));
  form.querySelector("[data-clear]")?.addEventListener("click", () => selection.clear());
  draw();
}
