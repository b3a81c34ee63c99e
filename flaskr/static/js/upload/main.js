/** The upload page: what comes in goes into the queue, and at the end to the links. */

import { copyArrived } from "../links.js";
import { fill } from "../text.js";
import { checkBy } from "./check.js";
import { watchDrops, watchPastes, watchPicks, webAddress } from "./dropzone.js";
import { pathOf } from "./folders.js";
import { Gate } from "./gate.js";
import { Keeper } from "./keeper.js";
import { showNotice } from "./notice.js";
import { watchOptions } from "./options.js";
import { UploadQueue } from "./queue.js";
import { nameScreenshot } from "./screenshots.js";
import { Sender } from "./sender.js";
import { askSession } from "./session.js";
import { Store } from "./store.js";
import { showQueue } from "./view.js";

const region = document.querySelector("[data-drop]");
const section = document.querySelector("[data-queue]");
if (region instanceof HTMLFormElement && section instanceof HTMLElement) start(region, section);

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} list
 */
function start(form, list) {
  const texts = form.dataset;
  const user = texts.user ?? "";
  const input = /** @type {HTMLInputElement} */ (form.querySelector("#file"));
  const stay = /** @type {HTMLInputElement} */ (part("[data-stay]"));
  const options = watchOptions(part("[data-options]"), stay);
  const sender = new Sender(texts, form.action);
  const gate = new Gate(() => askSession(texts.sessionUrl ?? "", user));
  const queue = new UploadQueue({
    gate,
    check: checkBy(texts),
    send: (item, hooks) => sender.send(item, hooks),
    isThere: (arrival) => sender.isThere(arrival),
    claim: (item) => keeper.claim(item),
  });
  const keeper = new Keeper(new Store(), user, queue);

  let position = 0;
  /** @param {import("./types.js").Draft} draft */
  const draftOf = (draft) => ({
    ...draft,
    batch: /** @type {HTMLInputElement} */ (form.elements.namedItem("batch")).value,
    position: position++,
    keep: String(new FormData(form).get("keep") ?? ""),
    visibility: String(new FormData(form).get("visibility") ?? ""),
    choices: options.choices(),
  });
  /** @param {File[]} files */
  const onFiles = (files) =>
    queue.add(files.map((file) => draftOf({ file, path: pathOf(file) })));
  /** @param {string} address */
  const onAddress = (address) => queue.add([draftOf({ address, name: nameIn(address) })]);
  /** @param {string[]} names */
  const onUnread = (names) =>
    queue.add(names.map((name) => draftOf({ name, reason: fill(texts.textUnread, { name }) })));

  showQueue(list, queue, { undo: (item) => sender.undo(item), leave: () => input.focus() });
  showNotice(part("[data-notice]"), gate, queue);
  gate.watch(window);
  watchDrops(form, { onFiles, onAddress, onUnread }, window);
  watchPastes(document, {
    onFiles: (files) => onFiles(files.map((file) => nameScreenshot(file, texts.textPasted))),
    onAddress,
  });
  watchPickers();
  watchAddress();
  keeper.restore(queue);

  queue.addEventListener("remove", ({ detail: item }) => {
    const isTakenIn = item.state === "checking"; // then there may be a picture to undo instead
    if (item.gone === "cancelled" && item.resume && !isTakenIn) sender.abandon(item);
  });
  queue.addEventListener("unwanted", ({ detail: item }) => {
    if (!item.arrival) {
      if (item.resume) sender.abandon(item);
      return;
    }
    const { card, known } = item.arrival;
    const isListed = queue.items.some(({ arrival }) => arrival?.card.key === card.key);
    if (!known && !isListed) sender.undo(item);
  });
  let isTouched = false; // whoever does something in the list is not led away from it
  list.addEventListener("click", () => {
    isTouched = true;
  });
  queue.addEventListener("settle", async ({ detail: arrived }) => {
    isTouched = false;
    const isRefused = (await copyArrived(list)) === "refused"; // there is a button for it here
    await keeper.written(); // else they would come back on the next visit
    const { done, files, active } = queue.totals;
    // Whatever did not arrive, or is left from another visit, is to be seen to here.
    const isAll = done === files && !active && !queue.items.some((item) => item.restored);
    if (!arrived || !isAll || !files || isTouched || isRefused || options.stays()) return;
    const [{ arrival }] = queue.items;
    window.location.assign(files === 1 ? arrival.redirect : (texts.batchUrl ?? ""));
  });

  window.addEventListener("beforeunload", (event) => {
    const { active, paused, retriable } = queue.totals;
    if (active || paused || retriable) event.preventDefault();
  });
  // Back from the links: start afresh, with a new batch and the recent uploads.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });

  document.body.toggleAttribute("data-uploads", true);
  form.toggleAttribute("data-ready", true);

  function watchPickers() {
    watchPicks(input, onFiles);
    for (const [opener, picker] of [
      ["[data-open-folder]", "[data-folder]"],
      ["[data-open-camera]", "[data-camera]"],
    ]) {
      const field = /** @type {HTMLInputElement} */ (part(picker));
      watchPicks(field, onFiles);
      part(opener).addEventListener("click", () => field.click());
    }
    form.addEventListener("click", (event) => {
      const target = /** @type {Element} */ (event.target);
      if (!target.closest("label, input, button, a, fieldset")) input.click();
    });
  }

  function watchAddress() {
    const addressForm = /** @type {HTMLFormElement} */ (part("[data-address]"));
    const field = /** @type {HTMLInputElement} */ (addressForm.elements.namedItem("url"));
    addressForm.addEventListener("submit", (event) => {
      event.preventDefault();
      const address = webAddress(field.value);
      field.setCustomValidity(address ? "" : (texts.textAddress ?? ""));
      if (!address) {
        field.reportValidity();
        return;
      }
      field.value = "";
      onAddress(address);
    });
    field.addEventListener("input", () => field.setCustomValidity(""));
  }
}

/**
 * @param {string} address
 * @returns {string} the name of what lies there, as far as the address tells
 */
function nameIn(address) {
  const { pathname, host } = new URL(address);
  const last = pathname.split("/").filter(Boolean).pop() ?? host;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/**
 * @param {string} selector
 * @returns {HTMLElement} the page always has it
 */
function part(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector));
}
