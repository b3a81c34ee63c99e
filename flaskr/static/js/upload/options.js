/** What the person wants done before sending and at the end, remembered in this browser. */

const REMEMBERED = "tuchuang-upload";

/**
 * @param {HTMLElement} panel
 * @param {HTMLInputElement} stay
 * @returns {{choices: () => import("./types.js").Choices, stays: () => boolean}}
 */
export function watchOptions(panel, stay) {
  const edge = /** @type {HTMLSelectElement} */ (panel.querySelector("[data-edge]"));
  const webp = /** @type {HTMLInputElement} */ (panel.querySelector("[data-webp]"));

  const kept = recall();
  if ([...edge.options].some(({ value }) => value === kept.edge)) edge.value = kept.edge;
  webp.checked = kept.webp === true;
  stay.checked = kept.stay === true;
  const keep = () => remember({ edge: edge.value, webp: webp.checked, stay: stay.checked });
  panel.addEventListener("change", keep);
  stay.addEventListener("change", keep);

  return {
    choices: () => ({ edge: Number(edge.value), webp: webp.checked }),
    stays: () => stay.checked,
  };
}

/** @returns {any} */
function recall() {
  try {
    return JSON.parse(localStorage.getItem(REMEMBERED) ?? "{}") ?? {};
  } catch {
    return {}; // somebody else wrote it, or there is no storage
  }
}

/** @param {unknown} options */
function remember(options) {
  try {
    localStorage.setItem(REMEMBERED, JSON.stringify(options));
  } catch {
    // Then only for this visit.
  }
}
