/**
 * What to write next in a field of tags that are divided by commas: those that start
 * as the one at the cursor does, the most used first. A combobox with a list, as the
 * ARIA practices describe it; without a script it is a plain field.
 */

import { announce } from "./announce.js";
import { fill } from "./text.js";

const PAUSE_MS = 120;
const SEPARATOR = /[,，、;；]/;

/** @typedef {{name: string, images: number}} Suggestion */

/**
 * @param {ParentNode} root
 */
export function watchSuggestions(root) {
  for (const field of root.querySelectorAll("input[data-suggest]")) {
    new Suggestions(/** @type {HTMLInputElement} */ (field));
  }
}

class Suggestions {
  /** @param {HTMLInputElement} field */
  constructor(field) {
    this.field = field;
    this._list = document.createElement("ul");
    /** @type {HTMLElement | null} */
    this._active = null;
    /** @type {Map<string, Suggestion[]>} what the server said, by what was typed */
    this._known = new Map();
    this._timer = 0;
    this._asked = "";

    this._list.id = `${field.id}-suggestions`;
    this._list.className = "suggestions";
    this._list.hidden = true;
    this._list.setAttribute("role", "listbox");
    this._list.setAttribute("aria-label", field.dataset.textList ?? "");
    field.after(this._list);
    field.removeAttribute("list"); // the browser's own would cover ours
    field.autocomplete = "off";
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.setAttribute("aria-controls", this._list.id);

    field.addEventListener("input", (event) => {
      if (!(/** @type {InputEvent} */ (event).isComposing)) this._ask();
    });
    field.addEventListener("compositionend", () => this._ask());
    field.addEventListener("keydown", (event) => this._key(event));
    field.addEventListener("blur", () => this._close());
    field.addEventListener("click", () => this._ask());
    this._list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field stays focused
    this._list.addEventListener("click", (event) => {
      const option = /** @type {Element} */ (event.target).closest("[role=option]");
      if (option) this._take(/** @type {HTMLElement} */ (option));
    });
  }

  get _isOpen() {
    return !this._list.hidden;
  }

  /** @returns {{start: number, end: number, word: string}} the tag at the cursor */
  _place() {
    const { value, selectionStart } = this.field;
    const cursor = selectionStart ?? value.length;
    let start = cursor;
    let end = cursor;
    while (start > 0 && !SEPARATOR.test(value[start - 1])) start -= 1;
    while (end < value.length && !SEPARATOR.test(value[end])) end += 1;
    return { start, end, word: value.slice(start, cursor).trim() };
  }

  _ask() {
    window.clearTimeout(this._timer);
    const { word } = this._place();
    this._asked = word;
    if (!word) {
      this._close();
      return;
    }
    const known = this._known.get(word);
    if (known) this._show(known);
    else this._timer = window.setTimeout(() => this._fetch(word), PAUSE_MS);
  }

  /** @param {string} word "" for those most used */
  async _fetch(word) {
    const url = new URL(this.field.dataset.suggest ?? "", window.location.href);
    url.searchParams.set("q", word);
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const { tags } = await answer.json();
      this._known.set(word, tags);
      if (this._asked === word && document.activeElement === this.field) this._show(tags);
    } catch {
      // Nothing to suggest, then: whoever types needs no help to go on.
    }
  }

  /** @param {Suggestion[]} suggestions */
  _show(suggestions) {
    const { start, end } = this._place();
    const rest = this.field.value.slice(0, start) + this.field.value.slice(end);
    const there = new Set(rest.split(SEPARATOR).map((name) => fold(name)));
    const offered = suggestions.filter(({ name }) => !there.has(fold(name)));
    this._list.replaceChildren(...offered.map((each, place) => this._option(each, place)));
    this._activate(null);
    this._toggle(offered.length > 0);
    const { textCount, textCountOne } = this.field.dataset;
    const text = offered.length === 1 ? textCountOne : textCount;
    if (offered.length) announce(fill(text, { count: offered.length }));
  }

  /**
   * @param {Suggestion} suggestion
   * @param {number} place
   */
  _option({ name, images }, place) {
    const option = document.createElement("li");
    option.id = `${this._list.id}-${place}`;
    option.className = "suggestion";
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.name = name;
    const label = document.createElement("span");
    label.textContent = name;
    const count = document.createElement("span");
    count.className = "suggestion-count";
    count.textContent = String(images);
    option.append(label, count);
    return option;
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    if (event.isComposing) return;
    const options = /** @type {HTMLElement[]} */ ([...this._list.children]);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!this._isOpen) {
        this._asked = this._place().word;
        this._fetch(this._asked);
        return;
      }
      const at = this._active ? options.indexOf(this._active) : -1;
      const down = event.key === "ArrowDown";
      // Beyond either end lies the field itself.
      const next = down ? at + 1 : at < 0 ? options.length - 1 : at - 1;
      this._activate(options[next] ?? null);
    } else if (this._isOpen && this._active && (event.key === "Enter" || event.key === "Tab")) {
      event.preventDefault();
      event.stopPropagation();
      this._take(this._active);
    } else if (this._isOpen && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this._close();
    }
  }

  /** @param {HTMLElement | null} option */
  _activate(option) {
    this._active?.setAttribute("aria-selected", "false");
    this._active = option;
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.field.setAttribute("aria-activedescendant", option.id);
    else this.field.removeAttribute("aria-activedescendant");
  }

  /** @param {HTMLElement} option */
  _take(option) {
    const { start, end } = this._place();
    const { value } = this.field;
    const before = value.slice(0, start);
    const after = value.slice(end).replace(/^[\s,，、;；]+/, "");
    const written = `${before}${before && !/\s$/.test(before) ? " " : ""}${option.dataset.name}, `;
    this.field.value = written + after;
    this.field.setSelectionRange(written.length, written.length);
    this.field.dispatchEvent(new Event("change", { bubbles: true }));
    this._close();
    this.field.focus();
  }

  _close() {
    window.clearTimeout(this._timer);
    this._asked = "";
    this._activate(null);
    this._toggle(false);
  }

  /** @param {boolean} open */
  _toggle(open) {
    this._list.hidden = !open;
    this.field.setAttribute("aria-expanded", String(open));
  }
}

/** @param {string} name */
function fold(name) {
  return name.normalize("NFKC").toLowerCase().replace(/^[#\s]+/, "").trim();
}
