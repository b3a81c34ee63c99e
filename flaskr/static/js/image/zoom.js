/** A closer look: the whole picture over the whole window, larger and smaller, moved by hand. */

const STEP = 1.5;
const MOST = 8;
const WHEEL = 0.0022;
const STILL_PX = 5;

/** @param {HTMLAnchorElement} link leads to the picture itself, for whoever opens it elsewhere */
export function watchZoom(link) {
  const template = document.querySelector("template[data-zoom-view]");
  if (!(template instanceof HTMLTemplateElement) || !("showModal" in HTMLDialogElement.prototype)) return;
  /** @type {View | null} */
  let view = null;
  const open = () => {
    view ??= new View(template, link);
    view.open();
  };
  link.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.toLowerCase() !== "z") return;
    if (/** @type {Element} */ (event.target).closest("input, textarea, select, dialog")) return;
    event.preventDefault();
    open();
  });
}

class View {
  /**
   * @param {HTMLTemplateElement} template
   * @param {HTMLAnchorElement} link
   */
  constructor(template, link) {
    const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    this.dialog = /** @type {HTMLDialogElement} */ (copy.firstElementChild);
    template.after(this.dialog);
    this.stage = /** @type {HTMLElement} */ (this.dialog.querySelector(".zoom-stage"));
    this.picture = /** @type {HTMLImageElement} */ (this.dialog.querySelector(".zoom-picture"));
    this.told = /** @type {HTMLElement} */ (this.dialog.querySelector(".zoom-scale"));
    const small = /** @type {HTMLImageElement} */ (link.querySelector("img"));
    this.width = Number(small.getAttribute("width"));
    this.height = Number(small.getAttribute("height"));
    this.scale = 1;
    this.isFitting = true;
    // What is there already is shown until all of it has come.
    this.picture.src = small.currentSrc || small.src;
    const whole = new Image();
    whole.addEventListener("load", () => {
      this.picture.src = whole.src;
    });
    whole.src = link.href;
    this._watchButtons();
    this._watchKeys();
    this._watchHand();
    new ResizeObserver(() => this.isFitting && this.dialog.open && this.fit()).observe(this.stage);
  }

  open() {
    this.dialog.showModal();
    this.fit();
    this.stage.focus({ preventScroll: true });
  }

  /** The scale at which all of it can be seen; what is smaller than the window stays as it is. */
  get least() {
    const { clientWidth, clientHeight } = this.stage;
    return Math.min(1, clientWidth / this.width, clientHeight / this.height);
  }

  fit() {
    this._draw(this.least);
    this.isFitting = true;
  }

  /**
   * @param {number} scale
   * @param {{x: number, y: number}} [point] stays where it is; default: the middle of the window
   */
  to(scale, point) {
    const box = this.stage.getBoundingClientRect();
    const x = (point?.x ?? box.left + box.width / 2) - box.left;
    const y = (point?.y ?? box.top + box.height / 2) - box.top;
    const shown = this.picture.getBoundingClientRect();
    const across = (x + box.left - shown.left) / shown.width;
    const down = (y + box.top - shown.top) / shown.height;
    this._draw(scale);
    this.isFitting = this.scale === this.least;
    const left = this.picture.offsetLeft + across * this.picture.offsetWidth;
    const top = this.picture.offsetTop + down * this.picture.offsetHeight;
    this.stage.scrollTo({ left: left - x, top: top - y, behavior: "instant" });
  }

  /** @param {number} scale */
  _draw(scale) {
    this.scale = Math.min(Math.max(scale, this.least), Math.max(MOST, this.least));
    this.picture.style.width = `${this.width * this.scale}px`;
    this.picture.style.height = `${this.height * this.scale}px`;
    this.stage.toggleAttribute("data-larger", this.scale > this.least);
    this.told.textContent = `${Math.round(this.scale * 100)} %`;
  }

  /** @param {{x: number, y: number}} [point] */
  _toggle(point) {
    if (!this.isFitting) this.fit();
    else this.to(this.least < 1 ? 1 : 2, point);
  }

  _watchButtons() {
    /** @type {[string, () => void][]} */
    const acts = [
      ["[data-in]", () => this.to(this.scale * STEP)],
      ["[data-out]", () => this.to(this.scale / STEP)],
      ["[data-fit]", () => this.fit()],
      ["[data-close]", () => this.dialog.close()],
    ];
    for (const [selector, act] of acts) this.dialog.querySelector(selector)?.addEventListener("click", act);
  }

  _watchKeys() {
    this.dialog.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "+" || event.key === "=") this.to(this.scale * STEP);
      else if (event.key === "-") this.to(this.scale / STEP);
      else if (event.key === "0") this.fit();
      else if (event.key === "Enter" && event.target === this.stage) this._toggle();
      else return;
      event.preventDefault();
    });
  }

  /** Fingers scroll by themselves; a mouse has to be told how. */
  _watchHand() {
    const { stage } = this;
    /** @type {{x: number, y: number, left: number, top: number, moved: boolean} | null} */
    let hold = null;
    let moved = false;
    stage.addEventListener("pointerdown", (event) => {
      moved = false;
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      hold = { x: event.clientX, y: event.clientY, left: stage.scrollLeft, top: stage.scrollTop, moved: false };
      stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener("pointermove", (event) => {
      if (!hold) return;
      const [across, down] = [event.clientX - hold.x, event.clientY - hold.y];
      moved ||= Math.hypot(across, down) > STILL_PX;
      if (moved) stage.scrollTo({ left: hold.left - across, top: hold.top - down, behavior: "instant" });
    });
    for (const end of ["pointerup", "pointercancel"]) {
      stage.addEventListener(end, () => {
        hold = null;
      });
    }
    stage.addEventListener("click", (event) => {
      if (moved) return;
      const { left, right, top, bottom } = this.picture.getBoundingClientRect();
      const inside = event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom;
      if (inside) this._toggle({ x: event.clientX, y: event.clientY });
      else this.dialog.close();
    });
    stage.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const pixels = event.deltaMode ? event.deltaY * 20 : event.deltaY;
        this.to(this.scale * Math.exp(-pixels * WHEEL), { x: event.clientX, y: event.clientY });
      },
      { passive: false },
    );
  }
}
