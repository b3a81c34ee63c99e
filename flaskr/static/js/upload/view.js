/** The list of files on the upload page, drawn from the queue. */

import { fill } from "../text.js";
import { Row } from "./row.js";
import { Sayings } from "./sayings.js";
import { watchToolbar } from "./toolbar.js";
import { duration, speed } from "./words.js";

const SMALL = "(width < 48rem)";
/** The head, a file and the bar at the bottom of a small page. */
const SEEN_PX = 320;

/**
 * @typedef {import("./types.js").Item} Item
 * @typedef {import("./queue.js").UploadQueue} UploadQueue
 *
 * @typedef {object} Actions what the list cannot do by itself
 * @property {(item: Item) => Promise<string>} undo take a picture back; tells why it did not work,
 *   or ""
 * @property {() => void} leave put the focus where there is something to do: the list is empty
 */

/**
 * @param {HTMLElement} section
 * @param {UploadQueue} queue
 * @param {Actions} actions
 */
export function showQueue(section, queue, actions) {
  const texts = section.dataset;
  const template = /** @type {HTMLTemplateElement} */ (part(section, "template[data-row]"));
  const lists = { now: part(section, "[data-rows]"), before: part(section, "[data-rows-before]") };
  /** @type {HTMLElement | null} what is left from an earlier visit, where that is kept */
  const before = section.querySelector("[data-before]");
  const sayings = new Sayings();

  /** @type {Map<Item, Row>} */
  const rows = new Map();
  /** @type {WeakMap<Element, Item>} */
  const items = new WeakMap();
  /** @type {Set<Item>} */
  const changed = new Set();
  let asked = 0;

  const later = () => {
    asked ||= requestAnimationFrame(drawAll);
  };
  const drawAll = () => {
    asked = 0;
    for (const item of changed) rows.get(item)?.draw();
    changed.clear();
    const opens = section.hidden && queue.items.length > 0;
    section.hidden = !queue.items.length;
    if (opens && queue.items.some(({ restored }) => !restored)) reveal(section);
    if (before) before.hidden = !lists.before.childElementCount;
    drawTotal(section, queue);
    drawTools();
  };
  const drawTools = watchToolbar(section, queue, () => moveFocus(null));

  queue.addEventListener("add", (event) => {
    const item = itemOf(event);
    const row = new Row(template, item, texts);
    rows.set(item, row);
    items.set(row.element, item);
    (item.restored ? lists.before : lists.now).append(row.element);
    document.querySelector("[data-empty]")?.remove();
    if (item.state === "failed") sayings.say(item.id, item.reason);
    later();
  });
  queue.addEventListener("change", (event) => {
    const item = itemOf(event);
    changed.add(item);
    if (item.state === "failed") sayFailure(item);
    later();
  });
  queue.addEventListener("remove", (event) => {
    const item = itemOf(event);
    rows.get(item)?.element.remove();
    rows.delete(item);
    later();
  });
  queue.addEventListener("settle", () => {
    const { done, files } = queue.totals;
    sayings.say("end", fill(texts.textFinished, { done, total: files }));
    if (asked) cancelAnimationFrame(asked);
    drawAll(); // it is complete for whoever acts on it
    section.querySelector('[data-state="failed"]')?.scrollIntoView({ block: "nearest" });
  });

  section.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-actions] button");
    const element = button?.closest(".queue-item");
    const item = element && items.get(element);
    if (item && button instanceof HTMLButtonElement) act(item, button);
  });

  /**
   * @param {Item} item
   * @param {HTMLButtonElement} button
   */
  async function act(item, button) {
    const { name } = item;
    if (button.matches("[data-pause]")) queue.pause(item);
    else if (button.matches("[data-resume]")) queue.resume(item);
    else if (button.matches("[data-retry]")) queue.retry(item);
    else if (button.matches("[data-remove]")) {
      if (!item.arrival && item.state !== "failed") {
        sayings.say(item.id, fill(texts.textCancelled, { name }));
      }
      leave(item, () => queue.remove(item));
      return;
    } else if (button.matches("[data-undo]")) {
      button.disabled = true;
      item.reason = await actions.undo(item);
      button.disabled = false;
      if (!item.reason) {
        sayings.say(item.id, fill(texts.textUndone, { name }));
        leave(item, () => queue.forget(item));
        return;
      }
      sayings.say(item.id, item.reason);
    }
    rows.get(item)?.draw();
    rows.get(item)?.focus();
  }

  /**
   * @param {Item} item
   * @param {() => void} remove
   */
  function leave(item, remove) {
    const element = rows.get(item)?.element;
    const next = element?.nextElementSibling ?? element?.previousElementSibling ?? null;
    remove();
    moveFocus(next);
  }

  /** @param {Element | null} next what takes the place of what is gone */
  function moveFocus(next) {
    const item = (next && items.get(next)) ?? queue.items[0];
    if (!item) {
      actions.leave();
      return;
    }
    rows.get(item)?.draw();
    rows.get(item)?.focus();
  }

  /** @param {Item} item */
  function sayFailure({ id, name, reason }) {
    const { failed } = queue.totals;
    const named = reason.includes(name) ? reason : `${name}: ${reason}`;
    if (failed <= 3) sayings.say(id, named);
    else sayings.say("failed", fill(texts.textManyFailed, { number: failed }));
  }
}

/**
 * @param {HTMLElement} section
 * @param {UploadQueue} queue
 */
function drawTotal(section, queue) {
  const texts = section.dataset;
  const bar = /** @type {HTMLProgressElement} */ (part(section, "[data-total]"));
  const { files, done, active, paused, bytes, sent, percent, rate } = queue.totals;
  const words = [
    active
      ? fill(texts.textTotal, { done, total: files, percent })
      : fill(texts.textFinished, { done, total: files }),
  ];
  if (active && rate && sent < bytes) {
    words.push(speed(rate), fill(texts.textLeft, { time: duration((bytes - sent) / rate) }));
  }
  bar.value = percent;
  bar.hidden = !active && !done && !paused;
  bar.setAttribute("aria-valuetext", words.join(" · "));
  part(section, "[data-total-text]").textContent = words.join(" · ");
  const link = section.querySelector("[data-links-page]");
  if (!(link instanceof HTMLAnchorElement)) return; // there are none for whoever sends this
  const batches = new Set(queue.items.filter((item) => item.arrival).map((item) => item.batch));
  link.hidden = active > 0 || batches.size !== 1;
  part(section, "[data-copy-all]").hidden = !batches.size;
  // What is left from an earlier visit lies with what was sent then.
  if (!link.hidden) link.href = (texts.batchUrl ?? "").replace(texts.batch ?? "", [...batches][0]);
}

/**
 * Bring the list into view where the page is too small for it and what it follows; but not away
 * from whoever is to write something first.
 *
 * @param {HTMLElement} section
 */
function reveal(section) {
  const { top } = section.getBoundingClientRect();
  if (!matchMedia(SMALL).matches || innerHeight - top >= SEEN_PX) return;
  if (document.activeElement?.matches("input:not([type=file])")) return;
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  section.scrollIntoView({ block: "start", behavior });
}

/** @param {Event} event */
function itemOf(event) {
  return /** @type {CustomEvent<Item>} */ (event).detail;
}

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement} the template always has it
 */
function part(root, selector) {
  return /** @type {HTMLElement} */ (root.querySelector(selector));
}
