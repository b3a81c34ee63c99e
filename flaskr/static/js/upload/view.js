/** The list of files on the upload page, drawn from the queue. */

import { announce } from "../announce.js";
import { filesize, fill } from "../text.js";

/**
 * @typedef {import("./queue.js").Item} Item
 * @typedef {import("./queue.js").UploadQueue} UploadQueue
 */

/**
 * @param {HTMLElement} section
 * @param {UploadQueue} queue
 */
export function showQueue(section, queue) {
  const texts = section.dataset;
  const template = /** @type {HTMLTemplateElement} */ (part(section, "template[data-row]"));
  const rows = part(section, "[data-rows]");
  const total = /** @type {HTMLProgressElement} */ (part(section, "[data-total]"));
  const totalText = part(section, "[data-total-text]");
  const links = part(section, "[data-links]");

  /** @type {Map<number, {row: HTMLElement, preview: string}>} */
  const drawn = new Map();

  /** @param {(item: Item) => void} draw */
  const on = (draw) => (/** @type {Event} */ event) => {
    draw(/** @type {CustomEvent<Item>} */ (event).detail);
    drawTotal();
  };

  queue.addEventListener("add", () => document.querySelector("[data-empty]")?.remove());
  queue.addEventListener(
    "add",
    on((item) => {
      const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
      const row = /** @type {HTMLElement} */ (copy.firstElementChild);
      const { name, size } = item.file;
      part(row, "[data-name]").textContent = name;
      part(row, "[data-name]").title = name;
      part(row, "[data-size]").textContent = filesize(size);
      part(row, "progress").setAttribute("aria-label", fill(texts.textProgress, { name }));
      const retry = part(row, "[data-retry]");
      retry.setAttribute("aria-label", fill(texts.textRetry, { name }));
      retry.addEventListener("click", () => queue.retry(item.id));
      const remove = part(row, "[data-remove]");
      remove.setAttribute("aria-label", fill(texts.textRemove, { name }));
      remove.addEventListener("click", () => queue.remove(item.id));
      drawn.set(item.id, { row, preview: showPreview(part(row, "[data-thumb]"), item.file) });
      section.hidden = false;
      rows.append(row);
      drawRow(item, row);
    }),
  );

  queue.addEventListener(
    "change",
    on((item) => {
      const row = drawn.get(item.id)?.row;
      if (row) drawRow(item, row);
    }),
  );

  queue.addEventListener(
    "remove",
    on((item) => {
      const { row, preview } = drawn.get(item.id) ?? {};
      row?.remove();
      if (preview) URL.revokeObjectURL(preview);
      drawn.delete(item.id);
      section.hidden = !queue.items.length;
    }),
  );

  queue.addEventListener("settle", () => {
    const { done, failed, files } = queue.totals;
    announce(fill(texts.textFinished, { done, total: files }));
    if (failed) rows.querySelector('[data-state="failed"]')?.scrollIntoView({ block: "nearest" });
  });

  function drawTotal() {
    const { files, done, failed, active, percent } = queue.totals;
    total.value = percent;
    total.hidden = !active && !done;
    totalText.textContent = active
      ? fill(texts.textTotal, { done, total: files, percent })
      : fill(texts.textFinished, { done, total: files });
    links.hidden = Boolean(active) || !failed || !done;
  }

  /**
   * @param {Item} item
   * @param {HTMLElement} row
   */
  function drawRow(item, row) {
    const { state, file, sent } = item;
    const fraction = file.size ? sent / file.size : 0;
    row.dataset.state = state;
    /** @type {HTMLProgressElement} */ (part(row, "progress")).value = 100 * fraction;
    part(row, "[data-state-text]").textContent = {
      waiting: texts.textWaiting ?? "",
      sending: fill(texts.textSending, { percent: Math.floor(100 * fraction) }),
      checking: texts.textChecking ?? "",
      done: texts.textDone ?? "",
      failed: texts.textFailed ?? "",
    }[state];
    part(row, "[data-reason]").textContent = item.reason;
    part(row, "[data-retry]").hidden = !item.retriable;
  }
}

/**
 * @param {HTMLElement} frame keeps its icon if the browser can't show the file
 * @param {File} file
 * @returns {string} the object URL, to be revoked with the row
 */
function showPreview(frame, file) {
  if (!file.type.startsWith("image/")) return "";
  const preview = URL.createObjectURL(file);
  const picture = new Image();
  picture.alt = "";
  picture.decoding = "async";
  picture.addEventListener("load", () => frame.replaceChildren(picture));
  picture.src = preview;
  return preview;
}

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement} the template always has it
 */
function part(root, selector) {
  return /** @type {HTMLElement} */ (root.querySelector(selector));
}
