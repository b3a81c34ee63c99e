/**
 * Menus are `<details>` and open without script; this closes them again when
 * a person goes elsewhere or presses Escape.
 *
 * @param {Document} root
 */
export function watchMenus(root) {
  const menus = [...root.querySelectorAll("details.menu")];

  /** @param {(menu: Element) => boolean} which */
  const close = (which) => {
    for (const menu of menus) {
      if (menu.hasAttribute("open") && which(menu)) menu.removeAttribute("open");
    }
  };

  root.addEventListener("pointerdown", (event) => {
    close((menu) => !menu.contains(/** @type {Node} */ (event.target)));
  });
  root.addEventListener("focusin", (event) => {
    close((menu) => !menu.contains(/** @type {Node} */ (event.target)));
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    close((menu) => {
      if (menu.contains(document.activeElement)) menu.querySelector("summary")?.focus();
      return true;
    });
  });
}
