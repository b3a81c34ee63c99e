/** The page where albums or pictures are put in order. */

import { announce } from "../announce.js";
import { Toast } from "../gallery/toast.js";
import { watchDragging } from "./dragging.js";
import { watchKeys } from "./keys.js";
import { Keeper } from "./keeper.js";
import { Order } from "./order.js";

const form = document.querySelector("form[data-arrange]");
if (form instanceof HTMLFormElement) start(form);

/** @param {HTMLFormElement} form */
function start(form) {
  const toast = new Toast(document);
  const token = String(new FormData(form).get("csrf_token"));
  for (const list of form.querySelectorAll("[data-spots]")) {
    const order = new Order(/** @type {HTMLElement} */ (list), form.dataset, announce);
    const keeper = new Keeper(token, order.spots);
    order.addEventListener("move", (event) => {
      keeper.keep(/** @type {CustomEvent} */ (event).detail);
    });
    keeper.addEventListener("failed", (event) => {
      order.restore(/** @type {CustomEvent} */ (event).detail);
      toast.show(form.dataset.textFailed ?? "", undefined, "error");
    });
    watchDragging(order);
    watchKeys(order);
    leaveWhenKept(keeper);
  }
  form.toggleAttribute("data-ready", true);
}

/**
 * The next page has to show what was done on this one.
 *
 * @param {Keeper} keeper
 */
function leaveWhenKept(keeper) {
  document.querySelector("[data-done]")?.addEventListener("click", async (event) => {
    if (!keeper.isBusy) return;
    event.preventDefault();
    if (await keeper.finished()) window.location.assign(/** @type {HTMLAnchorElement} */ (event.target).href);
  });
}
