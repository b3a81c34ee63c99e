/**
 * The grid under the keyboard: arrows move, space chooses, with shift both reach
 * further; Ctrl+A takes all that is loaded, Escape lets go. Enter opens, as links do.
 */

import { tileOf } from "./pointing.js";

const CONTROLS = "a, button, input";

/** @typedef {import("./selection.js").Selection} Selection */

/**
 * Only one tile is on the way of the Tab key; arrows lead to the others.
 *
 * @param {Selection} selection
 */
export function watchKeyboard(selection) {
  const { form, tiles } = selection;
  /** @type {HTMLElement | null} */
  let current = null;

  /** @param {HTMLElement} tile */
  const setCurrent = (tile) => {
    if (current && current !== tile) reach(current, false);
    current = tile;
    reach(tile, true);
  };

  /** Put new tiles off the way of the Tab key. */
  const tidy = () => {
    for (const tile of tiles) if (tile !== current) reach(tile, false);
    if ((!current || !current.isConnected) && tiles[0]) setCurrent(tiles[0]);
  };
  tidy();

  form.addEventListener("focusin", (event) => {
    const tile = tileOf(/** @type {Element} */ (event.target));
    if (tile) setCurrent(tile);
  });

  form.addEventListener("keydown", (event) => {
    const tile = tileOf(/** @type {Element} */ (event.target));
    if (!tile || event.altKey) return;
    if (event.key === " " && /** @type {Element} */ (event.target).matches(".tile-link")) {
      event.preventDefault();
      if (event.shiftKey) selection.extendTo(tile);
      else selection.toggle(tile);
      return;
    }
    const next = neighbour(tiles, tile, event);
    if (!next) return;
    event.preventDefault();
    if (event.shiftKey) {
      if (!selection.anchor?.isConnected) selection.startAt(tile);
      selection.extendTo(next);
    } else {
      selection.startAt(next);
    }
    focus(next);
  });

  document.addEventListener(
    "keydown",
    (event) => {
      if (isTyping(event)) return;
      if (event.key === "a" && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
        event.preventDefault();
        selection.chooseAll();
      } else if (event.key === "Escape" && selection.isOn) {
        if (!document.querySelector("details.menu[open]")) selection.clear();
      }
    },
    { capture: true }, // before an open menu is closed by the same key
  );

  return { tidy, focus };
}

/**
 * @param {HTMLElement} tile
 * @param {boolean} on
 */
function reach(tile, on) {
  for (const control of tile.querySelectorAll(CONTROLS)) {
    /** @type {HTMLElement} */ (control).tabIndex = on ? 0 : -1;
  }
}

/** @param {HTMLElement} tile */
export function focus(tile) {
  /** @type {HTMLElement} */ (tile.querySelector(".tile-link")).focus({ preventScroll: true });
  tile.scrollIntoView({ block: "nearest" });
}

/**
 * @param {HTMLCollectionOf<HTMLElement>} tiles
 * @param {HTMLElement} tile
 * @param {KeyboardEvent} event
 * @returns {HTMLElement | null} where the key leads; null if it is none of ours, or nowhere
 */
function neighbour(tiles, tile, event) {
  const whole = event.ctrlKey || event.metaKey;
  if (whole && event.key === "Home") return tiles[0];
  if (whole && event.key === "End") return tiles[tiles.length - 1];
  if (whole) return null;
  const all = [...tiles].filter((each) => !each.classList.contains("is-held"));
  const at = all.indexOf(tile);
  switch (event.key) {
    case "ArrowRight":
      return all[at + 1] ?? null;
    case "ArrowLeft":
      return all[at - 1] ?? null;
    case "ArrowDown":
      return inNextRow(all.slice(at + 1), tile);
    case "ArrowUp":
      return inNextRow(all.slice(0, at).reverse(), tile);
    case "Home":
      return lastInRow(all.slice(0, at).reverse(), tile);
    case "End":
      return lastInRow(all.slice(at + 1), tile);
    default:
      return null;
  }
}

/**
 * @param {HTMLElement[]} others going away from the tile
 * @param {HTMLElement} tile
 * @returns {HTMLElement | null} the one above or below, whose middle is nearest
 */
function inNextRow(others, tile) {
  const here = tile.getBoundingClientRect();
  const middle = here.left + here.width / 2;
  let best = null;
  let least = Infinity;
  let row = here.top;
  for (const other of others) {
    const there = other.getBoundingClientRect();
    if (there.top === here.top) continue;
    if (best && there.top !== row) break;
    row = there.top;
    const distance = Math.abs(there.left + there.width / 2 - middle);
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}

/**
 * @param {HTMLElement[]} others going away from the tile
 * @param {HTMLElement} tile
 * @returns {HTMLElement | null}
 */
function lastInRow(others, tile) {
  const { top } = tile.getBoundingClientRect();
  const end = others.findIndex((other) => other.getBoundingClientRect().top !== top);
  return (end < 0 ? others.at(-1) : others[end - 1]) ?? null;
}

/** @param {KeyboardEvent} event */
function isTyping(event) {
  const target = event.target;
  return target instanceof HTMLElement && target.matches("select, textarea, input:not([type=checkbox])");
}
