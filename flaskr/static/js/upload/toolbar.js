/** What can be done with all files at once. */

import { isActive } from "./queue.js";

/**
 * @typedef {import("./types.js").Item} Item
 * @typedef {import("./queue.js").UploadQueue} UploadQueue
 *
 * @typedef {object} Tool
 * @property {string} selector of its button
 * @property {(item: Item) => boolean} fits the files that it is for
 * @property {(item: Item) => void} apply
 * @property {number} from how many such files there have to be: one has a button of its own
 */

/**
 * @param {HTMLElement} section
 * @param {UploadQueue} queue
 * @param {() => void} onLost the button with the focus is gone
 * @returns {() => void} shows the buttons that make sense now
 */
export function watchToolbar(section, queue, onLost) {
  /** @type {Tool[]} */
  const tools = [
    {
      selector: "[data-pause-all]",
      fits: ({ state }) => state === "waiting" || state === "sending",
      apply: (item) => queue.pause(item),
      from: 2,
    },
    {
      selector: "[data-resume-all]",
      fits: ({ state }) => state === "paused",
      apply: (item) => queue.resume(item),
      from: 2,
    },
    {
      selector: "[data-retry-all]",
      fits: ({ state, retriable }) => state === "failed" && retriable,
      apply: (item) => queue.retry(item),
      from: 2,
    },
    {
      selector: "[data-clear]",
      fits: ({ arrival }) => arrival !== null,
      apply: (item) => queue.remove(item),
      from: 1,
    },
    {
      selector: "[data-cancel-all]",
      fits: (item) => isActive(item) || item.state === "paused",
      apply: (item) => queue.remove(item),
      from: 2,
    },
  ];

  const found = tools.map((tool) => ({
    ...tool,
    button: /** @type {HTMLButtonElement} */ (section.querySelector(tool.selector)),
  }));
  for (const { button, fits, apply } of found) {
    button.addEventListener("click", () => {
      // From the end: what waits must not start because what is sent makes room.
      for (const item of queue.items.filter(fits).reverse()) apply(item);
    });
  }

  return () => {
    const { activeElement } = document;
    for (const { button, fits, from } of found) {
      button.hidden = queue.items.filter(fits).length < from;
    }
    const lost = found.some(({ button }) => button === activeElement && button.hidden);
    if (!lost) return;
    const other = found.find(({ button }) => !button.hidden);
    if (other) other.button.focus();
    else onLost();
  };
}
