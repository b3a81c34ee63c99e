/** The upload page: what comes in goes into the queue, and at the end to the links. */

import { checkBy } from "./check.js";
import { watchDrops, watchPastes, watchPicks } from "./dropzone.js";
import { UploadQueue } from "./queue.js";
import { send } from "./transport.js";
import { showQueue } from "./view.js";

const region = document.querySelector("[data-drop]");
const section = document.querySelector("[data-queue]");
if (region instanceof HTMLFormElement && section instanceof HTMLElement) start(region, section);

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} list
 */
function start(form, list) {
  const input = /** @type {HTMLInputElement} */ (form.querySelector('input[type="file"]'));
  const batch = /** @type {HTMLInputElement} */ (form.elements.namedItem("batch")).value;
  const keep = () => String(new FormData(form).get("keep") ?? "");
  const target = { url: form.action, batch, keep, texts: form.dataset };
  const queue = new UploadQueue(
    (file, onProgress) => send(target, file, onProgress),
    checkBy(form.dataset),
  );
  /** @param {File[]} files */
  const take = (files) => queue.add(files);

  showQueue(list, queue);
  watchDrops(form, take, window);
  watchPastes(document, take);
  watchPicks(input, take);
  form.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (!target.closest("label, input, button, a, fieldset")) input.click();
  });

  queue.addEventListener("settle", () => {
    const { done, failed } = queue.totals;
    if (failed || !done) return;
    window.location.assign(done === 1 ? queue.items[0].redirect : (form.dataset.batchUrl ?? ""));
  });

  window.addEventListener("beforeunload", (event) => {
    if (queue.totals.active) event.preventDefault();
  });
  // Back from the links: start afresh, with a new batch and the recent uploads.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });

  form.toggleAttribute("data-ready", true);
}
