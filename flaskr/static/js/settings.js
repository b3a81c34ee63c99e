/** The settings page: what becomes of a template of links, while it is written. */

import { fill } from "./text.js";

const field = document.querySelector("#link_template");
const example = document.querySelector("[data-example]");
if (field instanceof HTMLInputElement && example instanceof HTMLElement) start(field, example);

/**
 * @param {HTMLInputElement} template
 * @param {HTMLElement} shown
 */
function start(template, shown) {
  const text = /** @type {HTMLElement} */ (shown.querySelector("[data-example-text]"));
  const { url, name, alt, width, height } = /** @type {Record<string, string>} */ (shown.dataset);
  template.addEventListener("input", () => {
    text.textContent = fill(template.value, { url, name, alt, width, height });
    shown.hidden = !template.value;
  });
}
