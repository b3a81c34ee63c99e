/**
 * A list without an end: the page after is fetched before its place comes into
 * view, and the address follows what is in view, so that coming back leads there.
 */

import { announce } from "../announce.js";
import { localiseTimes } from "../times.js";

const AHEAD = "1400px 0px";
const SETTLED_MS = 150;

/**
 * @param {HTMLFormElement} form
 * @param {() => void} onTiles called when tiles have come
 */
export function watchEnds(form, onTiles) {
  const texts = form.dataset;
  const groups = part(form, "[data-groups]");
  const places = new Places(form);
  const held = new HeldBack(form);

  for (const side of /** @type {const} */ (["later", "earlier"])) {
    const holder = part(form, `[data-${side}]`);
    let busy = false;

    const load = async () => {
      const link = holder.querySelector("a");
      if (busy || !link) return;
      busy = true;
      link.setAttribute("aria-busy", "true");
      const url = link.href;
      try {
        const page = await fetchPage(url);
        const sections = [...part(page, "[data-groups]").children];
        const first = /** @type {HTMLElement | null} */ (page.querySelector(".tile"));
        const rest = part(page, `[data-${side}]`);
        for (const section of sections) localiseTimes(section);
        if (first) places.add(first, url);
        held.release();
        if (side === "later") append(groups, sections);
        else keepStill(form, () => prepend(groups, sections));
        holder.replaceChildren(...rest.childNodes);
        held.hold();
        onTiles();
        announce(texts.textLoaded ?? "");
      } catch (error) {
        observer.disconnect(); // a click tries again
        held.release();
        form.toggleAttribute("data-failed", true);
        announce(texts.textFailed ?? "");
        if (!(error instanceof TypeError)) throw error;
      } finally {
        link.removeAttribute("aria-busy");
        busy = false;
      }
      // Still in sight: the observer reports changes only.
      if (side === "later" && holder.querySelector("a")) {
        observer.unobserve(holder);
        observer.observe(holder);
      }
    };

    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry.isIntersecting && (side === "later" || places.isGoingUp)) load();
      },
      { rootMargin: side === "later" ? AHEAD : "0px" },
    );
    observer.observe(holder);
    holder.addEventListener("click", (event) => {
      const link = /** @type {Element} */ (event.target).closest("a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      load();
    });
  }
  places.comeBack();
}

/**
 * @param {string} url
 * @returns {Promise<Document>}
 */
async function fetchPage(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (answer.redirected || !answer.ok) {
    // Logged out, most likely: the page itself says what is the matter.
    window.location.assign(url);
    return new Promise(() => {});
  }
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/**
 * @param {HTMLElement} groups
 * @param {Element[]} sections
 */
function append(groups, sections) {
  const last = /** @type {HTMLElement | null} */ (groups.lastElementChild);
  const [first, ...others] = /** @type {HTMLElement[]} */ (sections);
  if (last && first && last.dataset.month === first.dataset.month) {
    part(last, ".tiles:last-child").append(...part(first, ".tiles").children);
    groups.append(...others);
  } else {
    groups.append(...sections);
  }
}

/**
 * Put before; what is there keeps its rows.
 *
 * @param {HTMLElement} groups
 * @param {Element[]} sections
 */
function prepend(groups, sections) {
  const first = /** @type {HTMLElement | null} */ (groups.firstElementChild);
  const last = /** @type {HTMLElement | undefined} */ (sections.at(-1));
  if (first && last && first.dataset.month === last.dataset.month) {
    part(first, ".tiles").before(part(last, ".tiles"));
    groups.prepend(...sections.slice(0, -1));
  } else {
    groups.prepend(...sections);
  }
}

/**
 * @param {HTMLElement} form
 * @param {() => void} change what stands above
 */
function keepStill(form, change) {
  const tile = part(form, ".tile");
  const before = tile.getBoundingClientRect().top;
  change();
  const moved = tile.getBoundingClientRect().top - before;
  if (moved) window.scrollBy({ top: moved, behavior: "instant" });
}

/**
 * The last row, while more is to come: it would be laid out anew before people's
 * eyes. It is shown with the page after.
 */
class HeldBack {
  /** @param {HTMLElement} form */
  constructor(form) {
    this.form = form;
    this._width = 0;
    new ResizeObserver(([entry]) => {
      if (entry.contentRect.width === this._width) return;
      this._width = entry.contentRect.width;
      this.release();
      this.hold();
    }).observe(form);
  }

  hold() {
    if (!this.form.querySelector("[data-later] a") || this.form.hasAttribute("data-failed")) return;
    const tiles = [...this.form.querySelectorAll(".tile")];
    const last = /** @type {HTMLElement | undefined} */ (tiles.at(-1));
    const row = tiles.filter(
      (tile) => /** @type {HTMLElement} */ (tile).offsetTop === last?.offsetTop,
    );
    if (row.length === tiles.length) return;
    for (const tile of row) tile.classList.add("is-held");
    const list = last?.parentElement;
    if (!list?.querySelector(".tile:not(.is-held)")) list?.parentElement?.classList.add("is-held");
  }

  release() {
    for (const each of this.form.querySelectorAll(".is-held")) each.classList.remove("is-held");
  }
}

/** Which page of the list a tile came with; the address and the history follow. */
class Places {
  /** @param {HTMLElement} form */
  constructor(form) {
    this.form = form;
    /** @type {Map<string, string>} the address of a page, by the key of its first tile */
    this.pages = new Map();
    this.isGoingUp = false;
    this._height = window.scrollY;
    const first = /** @type {HTMLElement | null} */ (form.querySelector(".tile"));
    if (first) this.add(first, window.location.href);

    let timer = 0;
    window.addEventListener(
      "scroll",
      () => {
        this.isGoingUp = window.scrollY < this._height;
        this._height = window.scrollY;
        window.clearTimeout(timer);
        timer = window.setTimeout(() => this.note(), SETTLED_MS);
      },
      { passive: true },
    );
    // Before another page is opened, without waiting for the hand to rest.
    form.addEventListener("click", () => this.note(), { capture: true });
  }

  /**
   * @param {HTMLElement} first
   * @param {string} url
   */
  add(first, url) {
    this.pages.set(first.dataset.key ?? "", url);
  }

  /** Let the history say what is in view. */
  note() {
    const tile = topmost(this.form);
    if (!tile) return;
    let url = window.location.href;
    for (const each of this.form.getElementsByClassName("tile")) {
      url = this.pages.get(/** @type {HTMLElement} */ (each).dataset.key ?? "") ?? url;
      if (each === tile) break;
    }
    const state = { key: tile.dataset.key, top: tile.getBoundingClientRect().top };
    window.history.replaceState(state, "", url);
  }

  /** Show what was in view when this page was left. */
  comeBack() {
    const state = window.history.state;
    window.history.scrollRestoration = "manual";
    if (!state?.key) return;
    const tile = this.form.querySelector(`.tile[data-key="${CSS.escape(state.key)}"]`);
    if (tile) window.scrollBy({ top: tile.getBoundingClientRect().top - state.top, behavior: "instant" });
  }
}

/**
 * @param {HTMLElement} form
 * @returns {HTMLElement | null} the first tile that is not out of sight at the top
 */
export function topmost(form) {
  const bar = document.querySelector(".bar")?.getBoundingClientRect().bottom ?? 0;
  const tiles = /** @type {HTMLCollectionOf<HTMLElement>} */ (form.getElementsByClassName("tile"));
  // Each is as low as the one before, or lower.
  let [low, high] = [0, tiles.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tiles[middle].getBoundingClientRect().bottom > bar) high = middle;
    else low = middle + 1;
  }
  return tiles[low] ?? null;
}

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement} the page always has it
 */
function part(root, selector) {
  return /** @type {HTMLElement} */ (root.querySelector(selector));
}
