/**
 * `/` leads to the search field, wherever nothing is being typed.
 *
 * @param {Document} root
 */
export function watchSearch(root) {
  const field = root.getElementById("search");
  if (!(field instanceof HTMLInputElement)) return;
  root.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = /** @type {Element} */ (event.target);
    if (target.matches("input:not([type=checkbox], [type=radio]), textarea, select")) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !field.value) field.blur();
  });
}
