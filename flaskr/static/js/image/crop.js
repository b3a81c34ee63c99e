/** A frame drawn on a picture. The four fields say where it lies; the frame only shows them. */

/**
 * @typedef {{left: number, top: number, width: number, height: number}} Box in pixels of the picture
 * @typedef {{x: number, y: number}} Point in pixels of the picture
 */

const SIDES = /** @type {const} */ (["left", "top", "width", "height"]);
const LEAST_DRAWN = 4;

class Crop {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.stage = /** @type {HTMLElement} */ (form.querySelector("[data-stage]"));
    this.frame = /** @type {HTMLElement} */ (form.querySelector("[data-box]"));
    this.ratio = /** @type {HTMLSelectElement} */ (form.querySelector("[data-ratio]"));
    this.width = Number(form.dataset.width);
    this.height = Number(form.dataset.height);
    this.frame.hidden = false;
    form.toggleAttribute("data-ready", true);
    form.addEventListener("input", (event) => {
      if (event.target !== this.ratio) this._draw(this.box);
    });
    this.ratio.addEventListener("change", () => this._fitRatio());
    this.stage.addEventListener("pointerdown", (event) => this._start(event));
    this._draw(this.box);
  }

  /** @returns {Box} */
  get box() {
    const [left, top, width, height] = SIDES.map((name) => Math.round(Number(this._field(name).value)) || 0);
    return { left, top, width, height };
  }

  /** How wide the frame has to be for its height; 0: as one likes. */
  get shape() {
    const [across, down] = this.ratio.value.split(":").map(Number);
    return across && down ? across / down : 0;
  }

  /** @param {string} name */
  _field(name) {
    return /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name));
  }

  /** @param {Box} box */
  _write(box) {
    const whole = inside(box, this.width, this.height);
    for (const name of SIDES) this._field(name).value = String(whole[name]);
    this._draw(whole);
  }

  /** @param {Box} box */
  _draw(box) {
    const { style } = this.frame;
    style.left = `${(box.left / this.width) * 100}%`;
    style.top = `${(box.top / this.height) * 100}%`;
    style.width = `${(box.width / this.width) * 100}%`;
    style.height = `${(box.height / this.height) * 100}%`;
  }

  /** Make the frame of the chosen shape, as large as fits into what it was, around its middle. */
  _fitRatio() {
    const { shape, box } = this;
    if (!shape) return;
    const width = Math.min(box.width, box.height * shape);
    const height = width / shape;
    const left = box.left + (box.width - width) / 2;
    const top = box.top + (box.height - height) / 2;
    this._write({ left, top, width, height });
  }

  /**
   * @param {PointerEvent} event
   * @returns {Point}
   */
  _point(event) {
    const shown = this.stage.getBoundingClientRect();
    return {
      x: clamp(((event.clientX - shown.left) / shown.width) * this.width, 0, this.width),
      y: clamp(((event.clientY - shown.top) / shown.height) * this.height, 0, this.height),
    };
  }

  /** @param {PointerEvent} event */
  _start(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    const target = /** @type {HTMLElement} */ (event.target);
    const from = this._point(event);
    const { box } = this;
    const all = box.width === this.width && box.height === this.height;
    const handle = target.dataset.handle;
    /** @type {(to: Point) => void} */
    let move;
    if (handle) move = (to) => this._write(resized(box, handle, to, this.shape, this.width, this.height));
    else if (this.frame.contains(target) && !all) move = (to) => this._write(moved(box, from, to, this.width, this.height));
    else move = (to) => this._drawNew(from, to);

    this.stage.setPointerCapture(event.pointerId);
    const controller = new AbortController();
    const { signal } = controller;
    this.stage.addEventListener("pointermove", (next) => move(this._point(next)), { signal });
    for (const end of ["pointerup", "pointercancel"]) {
      this.stage.addEventListener(end, () => controller.abort(), { signal });
    }
  }

  /**
   * @param {Point} from
   * @param {Point} to
   */
  _drawNew(from, to) {
    if (Math.abs(to.x - from.x) < LEAST_DRAWN || Math.abs(to.y - from.y) < LEAST_DRAWN) return;
    const corner = (to.y < from.y ? "n" : "s") + (to.x < from.x ? "w" : "e");
    const none = { left: from.x, top: from.y, width: 0, height: 0 };
    this._write(resized(none, corner, to, this.shape, this.width, this.height));
  }
}

/**
 * @param {Box} box
 * @param {string} handle which of its sides move: some of n, e, s, w
 * @param {Point} to
 * @param {number} shape
 * @param {number} width of the picture
 * @param {number} height of the picture
 * @returns {Box}
 */
function resized(box, handle, to, shape, width, height) {
  let [left, top, right, bottom] = [box.left, box.top, box.left + box.width, box.top + box.height];
  if (handle.includes("w")) left = Math.min(to.x, right - 1);
  if (handle.includes("e")) right = Math.max(to.x, left + 1);
  if (handle.includes("n")) top = Math.min(to.y, bottom - 1);
  if (handle.includes("s")) bottom = Math.max(to.y, top + 1);
  if (!shape) return { left, top, width: right - left, height: bottom - top };
  // The side that was moved rules; the corner or side across stays where it is.
  const roomAcross = handle.includes("w") ? right : width - left;
  const roomDown = handle.includes("n") ? bottom : height - top;
  const wanted = handle === "n" || handle === "s" ? (bottom - top) * shape : right - left;
  const across = Math.min(wanted, roomAcross, roomDown * shape);
  const down = across / shape;
  return {
    left: handle.includes("w") ? right - across : left,
    top: handle.includes("n") ? bottom - down : top,
    width: across,
    height: down,
  };
}

/**
 * @param {Box} box
 * @param {Point} from
 * @param {Point} to
 * @param {number} width of the picture
 * @param {number} height of the picture
 * @returns {Box}
 */
function moved(box, from, to, width, height) {
  return {
    ...box,
    left: clamp(box.left + to.x - from.x, 0, width - box.width),
    top: clamp(box.top + to.y - from.y, 0, height - box.height),
  };
}

/**
 * @param {Box} box
 * @param {number} width of the picture
 * @param {number} height of the picture
 * @returns {Box} in whole pixels, none of them outside
 */
function inside(box, width, height) {
  const left = clamp(Math.round(box.left), 0, width - 1);
  const top = clamp(Math.round(box.top), 0, height - 1);
  return {
    left,
    top,
    width: clamp(Math.round(box.width), 1, width - left),
    height: clamp(Math.round(box.height), 1, height - top),
  };
}

/**
 * @param {number} value
 * @param {number} least
 * @param {number} most
 */
function clamp(value, least, most) {
  return Math.min(Math.max(value, least), most);
}

const form = document.querySelector("form[data-crop]");
if (form instanceof HTMLFormElement) new Crop(form);
