/** Moving with a mouse, a pen or a finger: what is dragged follows, the others make way. */

const STILL_PX = 5;
const EDGE_PX = 72;
const SCROLL_PX = 14;

/** @typedef {import("./order.js").Order} Order */

/** @param {Order} order */
export function watchDragging(order) {
  const { list } = order;
  // A browser would drag the picture itself.
  list.addEventListener("dragstart", (event) => event.preventDefault());
  list.addEventListener("pointerdown", (event) => {
    const target = /** @type {Element} */ (event.target);
    const spot = /** @type {HTMLElement | null} */ (target.closest(".spot"));
    // A finger anywhere else scrolls.
    const takes = event.pointerType === "mouse" ? !target.closest("[name=step]") : target.closest("[data-grip]");
    if (spot && takes && event.button === 0 && event.isPrimary) new Drag(order, spot, event);
  });
}

class Drag {
  /**
   * @param {Order} order
   * @param {HTMLElement} spot
   * @param {PointerEvent} start
   */
  constructor(order, spot, start) {
    this._order = order;
    this._spot = spot;
    this._next = spot.nextElementSibling;
    this._x = start.clientX;
    this._y = start.clientY;
    this._startX = start.clientX;
    this._startY = start.clientY;
    const { left, top } = spot.getBoundingClientRect();
    this._grabX = start.clientX - left;
    this._grabY = start.clientY - top;
    this._isLifted = false;
    this._frame = 0;
    this._listeners = new AbortController();

    const { signal } = this._listeners;
    const { pointerId } = start;
    /** @param {(event: PointerEvent) => void} act */
    const ours = (act) => (/** @type {PointerEvent} */ event) => {
      if (event.pointerId === pointerId) act(event);
    };
    document.addEventListener("pointermove", ours((event) => this._move(event)), { signal });
    document.addEventListener("pointerup", ours(() => this._drop()), { signal });
    document.addEventListener("pointercancel", ours(() => this._cancel()), { signal });
    document.addEventListener(
      "keydown",
      (event) => {
        if (event.key === "Escape") this._cancel();
      },
      { signal },
    );
    window.addEventListener("scroll", () => this._follow(), { signal });
  }

  /** @param {PointerEvent} event */
  _move(event) {
    this._x = event.clientX;
    this._y = event.clientY;
    if (!this._isLifted) {
      if (Math.hypot(this._x - this._startX, this._y - this._startY) < STILL_PX) return;
      this._isLifted = true;
      this._spot.classList.add("is-lifted");
      document.documentElement.classList.add("is-dragging");
      this._scroll();
    }
    this._follow();
  }

  /** Let the others make way, then go where the pointer is. */
  _follow() {
    if (!this._isLifted) return;
    const { list, spots } = this._order;
    const frame = list.getBoundingClientRect();
    const x = this._x - frame.left;
    const y = this._y - frame.top;
    // Where they belong, not where they are on their way there.
    const other = spots.find(
      (each) =>
        x >= each.offsetLeft &&
        x < each.offsetLeft + each.offsetWidth &&
        y >= each.offsetTop &&
        y < each.offsetTop + each.offsetHeight,
    );
    if (other && other !== this._spot) this._order.put(this._spot, other);
    const left = x - this._grabX - this._spot.offsetLeft;
    const top = y - this._grabY - this._spot.offsetTop;
    this._spot.style.transform = `translate(${left}px, ${top}px)`;
  }

  /** Near the upper or lower edge the page goes on by itself. */
  _scroll() {
    const top = document.querySelector(".bar")?.getBoundingClientRect().bottom ?? 0;
    if (this._y < top + EDGE_PX) window.scrollBy(0, -SCROLL_PX);
    else if (this._y > window.innerHeight - EDGE_PX) window.scrollBy(0, SCROLL_PX);
    this._frame = window.requestAnimationFrame(() => this._scroll());
  }

  _drop() {
    const moved = this._isLifted && this._spot.nextElementSibling !== this._next;
    this._end();
    if (moved) this._order.settle(this._spot);
  }

  _cancel() {
    const wasLifted = this._isLifted;
    this._end();
    if (!wasLifted) return;
    this._order.list.insertBefore(this._spot, this._next);
    this._order.leave(this._spot);
  }

  _end() {
    this._listeners.abort();
    window.cancelAnimationFrame(this._frame);
    this._spot.style.removeProperty("transform");
    this._spot.classList.remove("is-lifted");
    document.documentElement.classList.remove("is-dragging");
    this._isLifted = false;
  }
}
