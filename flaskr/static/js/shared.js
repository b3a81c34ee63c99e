/** A picture of a share: the arrow keys lead to those beside it. */

const WAYS = /** @type {Record<string, string>} */ ({ ArrowLeft: "prev", ArrowRight: "next" });

document.addEventListener("keydown", (event) => {
  const way = WAYS[event.key];
  if (!way || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target instanceof Element && event.target.closest("input, textarea, select, details[open]")) return;
  const link = document.querySelector(`[data-way="${way}"]`);
  if (link instanceof HTMLAnchorElement) link.click();
});
