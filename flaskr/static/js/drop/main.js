/** The page of a drop box: what comes in is sent, as on the upload page, to somebody else. */

import { fill } from "../text.js";
import { checkBy } from "../upload/check.js";
import { watchDrops, watchPastes, watchPicks } from "../upload/dropzone.js";
import { Fault } from "../upload/faults.js";
import { pathOf } from "../upload/folders.js";
import { Gate } from "../upload/gate.js";
import { showNotice } from "../upload/notice.js";
import { UploadQueue } from "../upload/queue.js";
import { nameScreenshot } from "../upload/screenshots.js";
import { post } from "../upload/transport.js";
import { showQueue } from "../upload/view.js";
import { askPage } from "./page.js";

/** @typedef {import("../upload/types.js").Arrival} Arrival */

const form = document.querySelector("form[data-drop-form]");
const section = document.querySelector("[data-queue]");
if (form instanceof HTMLFormElement && section instanceof HTMLElement) start(form, section);

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} list
 */
function start(form, list) {
  const texts = form.dataset;
  const region = /** @type {HTMLElement} */ (form.querySelector("[data-drop]"));
  const input = /** @type {HTMLInputElement} */ (form.querySelector("#file"));
  const sender = /** @type {HTMLInputElement} */ (form.querySelector("#sender"));
  const notice = /** @type {HTMLElement} */ (list.querySelector("[data-notice]"));
  const target = { url: form.action, texts, fields: () => ({ sender: sender.value }) };
  const wanted = /** @type {HTMLElement} */ (form.querySelector("[data-wanted]"));
  const isNamed = () => sender.value.trim() !== "";
  const gate = new Gate(async () => {
    const answer = await askPage(form.action);
    return answer.is === "same" && !isNamed() ? { is: "unnamed" } : answer;
  });
  const queue = new UploadQueue({
    gate,
    check: checkBy(texts),
    send: async (item, hooks) => {
      // Nothing goes before it is known whom it comes from, whatever opened the gate.
      if (!isNamed()) throw new Fault("session");
      const arrival = await post(target, item, hooks);
      drawRoom(arrival);
      return arrival;
    },
  });
  let position = 0;
  let least = Infinity;

  /** @param {File[]} files */
  const onFiles = (files) => {
    if (!isNamed()) {
      gate.look();
      sender.focus();
    }
    queue.add(files.map((file) => ({ file, path: pathOf(file), position: position++ })));
  };
  /** @param {string[]} names */
  const onUnread = (names) =>
    queue.add(names.map((name) => ({ name, reason: fill(texts.textUnread, { name }) })));

  /** Say how many more are taken; answers come in any order. @param {Arrival} arrival */
  const drawRoom = ({ left, room }) => {
    const line = form.querySelector("[data-room]");
    if (!line || left === undefined || left === null || left > least) return;
    least = left;
    line.textContent = room ?? "";
  };
  /** Say beside the name what waits for it. */
  const drawWanted = () => {
    wanted.hidden = isNamed() || !queue.totals.active;
    sender.setAttribute("aria-invalid", String(!wanted.hidden));
  };
  /** Send what waits for the name, once it is there. */
  const release = () => {
    drawWanted();
    if (gate.why === "unnamed") gate.look();
  };

  showQueue(list, queue, { undo: async () => "", leave: () => input.focus() });
  showNotice(notice, gate, queue);
  gate.watch(window);
  watchDrops(region, { onFiles, onUnread }, window);
  watchPastes(document, {
    onFiles: (files) => onFiles(files.map((file) => nameScreenshot(file, texts.textPasted))),
  });
  watchPicks(input, onFiles);
  for (const event of ["add", "remove"]) queue.addEventListener(event, drawWanted);
  gate.addEventListener("change", drawWanted);
  sender.addEventListener("change", release);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    release();
  });
  region.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (!target.closest("label, input, button, a")) input.click();
  });
  window.addEventListener("beforeunload", (event) => {
    const { active, paused } = queue.totals;
    if (active || paused) event.preventDefault();
  });
  region.toggleAttribute("data-ready", true);
}
