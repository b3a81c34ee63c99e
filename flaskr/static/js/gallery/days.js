/** The day of the pictures at the top, beside the month that sticks there. */

import { topmost } from "./paging.js";

/** @param {HTMLElement} form */
export function showDays(form) {
  const day = new Intl.DateTimeFormat(document.documentElement.lang, {
    weekday: "short",
    month: "short",
    day: "numeric",
    timeZone: "UTC", // as the months are told, and the days that the filter knows
  });
  const label = document.createElement("span");
  label.className = "month-day";
  label.setAttribute("aria-hidden", "true");
  let waiting = false;

  const show = () => {
    waiting = false;
    const tile = topmost(form);
    const head = tile?.closest(".month")?.querySelector(".month-head");
    const moment = new Date(tile?.dataset.created ?? "");
    if (!head || window.scrollY === 0 || Number.isNaN(moment.getTime())) {
      label.remove();
      return;
    }
    label.textContent = day.format(moment);
    if (label.parentElement !== head) head.append(label);
  };
  window.addEventListener(
    "scroll",
    () => {
      if (waiting) return;
      waiting = true;
      window.requestAnimationFrame(show);
    },
    { passive: true },
  );
}
