/**
 * Which pictures are chosen. The ticked boxes of the form say so, and nobody else:
 * a plain form sends the same.
 */

export class Selection extends EventTarget {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    super();
    this.form = form;
    /** Follows what is on the page. */
    this.tiles = /** @type {HTMLCollectionOf<HTMLElement>} */ (form.getElementsByClassName("tile"));
    /** @type {HTMLElement | null} where a range starts */
    this.anchor = null;
    /** @type {Set<HTMLElement>} what the last range has ticked */
    this._range = new Set();
    this._mode = false;
  }

  get chosen() {
    return [...this.tiles].filter((tile) => boxOf(tile).checked);
  }

  get count() {
    return this.form.querySelectorAll(".tile-check:checked").length;
  }

  /** Whether a click chooses instead of opening. */
  get isOn() {
    return this._mode || this.count > 0;
  }

  /** @param {boolean} on */
  setMode(on) {
    this._mode = on;
    if (!on) this._tick(this.chosen, false);
    this._changed();
  }

  /**
   * @param {HTMLElement} tile
   * @param {boolean} [on]
   */
  toggle(tile, on = !boxOf(tile).checked) {
    this._tick([tile], on);
    this.startAt(tile);
    this._changed();
  }

  /** @param {HTMLElement} tile from which the next range goes */
  startAt(tile) {
    this.anchor = tile;
    this._range.clear();
  }

  /**
   * Choose everything from the anchor to here, and let go what the last range had beyond.
   *
   * @param {HTMLElement} tile
   */
  extendTo(tile) {
    const all = [...this.tiles];
    const start = this.anchor ? all.indexOf(this.anchor) : -1;
    const end = all.indexOf(tile);
    if (start < 0) {
      this.toggle(tile, true);
      return;
    }
    const wanted = all.slice(Math.min(start, end), Math.max(start, end) + 1);
    this._tick([...this._range], false);
    this._range = new Set(wanted);
    this._tick(wanted, true);
    this._changed();
  }

  chooseAll() {
    this._tick([...this.tiles], true);
    this._changed();
  }

  clear() {
    this.setMode(false);
  }

  /** A box was ticked by other hands, or tiles came or went. */
  refresh() {
    this._changed();
  }

  /**
   * @param {HTMLElement[]} tiles
   * @param {boolean} on
   */
  _tick(tiles, on) {
    for (const tile of tiles) boxOf(tile).checked = on;
  }

  _changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * @param {HTMLElement} tile
 * @returns {HTMLInputElement}
 */
export function boxOf(tile) {
  return /** @type {HTMLInputElement} */ (tile.querySelector(".tile-check"));
}
