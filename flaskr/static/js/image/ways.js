/** From one picture to the next: arrow keys, swipes, and the next one fetched ahead. */

const SWIPE_PX = 60;
const SLANT = 1.5;
const SWIPE_MS = 800;

/**
 * @param {"prev" | "next"} rel
 * @returns {HTMLAnchorElement | null}
 */
function way(rel) {
  return document.querySelector(`a[data-way="${rel}"]`);
}

/** @param {Document} root */
export function watchKeys(root) {
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
    const target = /** @type {Element} */ (event.target);
    if (target.closest("input, textarea, select, dialog, summary, .menu")) return;
    if (event.key === "ArrowLeft") way("prev")?.click();
    else if (event.key === "ArrowRight") way("next")?.click();
  });
}

/** @param {HTMLElement} frame */
export function watchSwipes(frame) {
  /** @type {{id: number, x: number, y: number, at: number} | null} */
  let start = null;
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    // A second finger means to look closer, and so does a page that is enlarged already.
    const enlarged = (window.visualViewport?.scale ?? 1) > 1.01;
    start = event.isPrimary && !enlarged
      ? { id: event.pointerId, x: event.clientX, y: event.clientY, at: event.timeStamp }
      : null;
  });
  frame.addEventListener("pointercancel", () => {
    start = null;
  });
  frame.addEventListener("pointerup", (event) => {
    if (!start || event.pointerId !== start.id) return;
    const across = event.clientX - start.x;
    const down = Math.abs(event.clientY - start.y);
    const quick = event.timeStamp - start.at < SWIPE_MS;
    start = null;
    if (!quick || Math.abs(across) < SWIPE_PX || Math.abs(across) < down * SLANT) return;
    const link = way(across > 0 ? "prev" : "next");
    if (!link) return;
    frame.addEventListener("click", (click) => click.preventDefault(), { once: true, capture: true });
    link.click();
  });
}

/**
 * Fetch the pictures beside this one once nothing else is to be done, in the size in which they
 * will be shown; not for those who save data.
 *
 * @param {Document} root
 */
export function fetchAhead(root) {
  if (/** @type {any} */ (navigator).connection?.saveData) return;
  const shown = /** @type {HTMLImageElement | null} */ (root.querySelector("[data-zoom] img"));
  const fetchAll = () => {
    for (const link of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-ahead]"))) {
      const picture = new Image();
      picture.fetchPriority = "low";
      picture.sizes = shown?.sizes ?? "";
      picture.srcset = link.dataset.ahead ?? "";
    }
  };
  const later = () => (window.requestIdleCallback ?? window.setTimeout)(fetchAll);
  if (document.readyState === "complete") later();
  else window.addEventListener("load", later, { once: true });
}
