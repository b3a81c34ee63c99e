/** Why nothing is sent at the moment, in words, with what a person can do about it. */

import { announce } from "../announce.js";
import { fill } from "../text.js";
import { duration } from "./words.js";

/**
 * @typedef {import("./gate.js").Gate} Gate
 * @typedef {import("./queue.js").UploadQueue} UploadQueue
 */

const SECOND_MS = 1000;
/** What a person may want to try sooner; a server that asked for a break is left alone. */
const TRIED_BY_HAND = ["offline", "unreachable", "login", "stranger"];

/**
 * @param {HTMLElement} notice
 * @param {Gate} gate
 * @param {UploadQueue} queue
 */
export function showNotice(notice, gate, queue) {
  const texts = notice.dataset;
  const line = /** @type {HTMLElement} */ (notice.querySelector("[data-notice-text]"));
  /** @type {HTMLElement | null} there is none where nobody need log in */
  const logIn = notice.querySelector("[data-log-in]");
  const now = /** @type {HTMLElement} */ (notice.querySelector("[data-try-now]"));
  /** @type {HTMLElement | null} there is none where nobody need say who they are */
  const send = notice.querySelector("[data-send]");
  let said = "";

  const text = () => {
    const time = duration((gate.until - Date.now()) / SECOND_MS);
    return {
      "": "",
      offline: texts.textOffline ?? "",
      unreachable: fill(texts.textUnreachable, { time }),
      busy: fill(texts.textBusy, { time }),
      login: texts.textLogIn ?? "",
      stranger: fill(texts.textStranger, { name: gate.who }),
      unnamed: texts.textUnnamed ?? "",
    }[gate.why];
  };
  const draw = () => {
    const { active, paused } = queue.totals;
    const hadFocus = notice.contains(document.activeElement);
    notice.hidden = !gate.why || !(active || paused);
    notice.dataset.why = gate.why;
    line.textContent = text();
    if (logIn) logIn.hidden = gate.why !== "login" && gate.why !== "stranger";
    if (send) send.hidden = gate.why !== "unnamed";
    now.hidden = !TRIED_BY_HAND.includes(gate.why);
    if (hadFocus && notice.hidden) document.getElementById("main")?.focus();
    // The count-down is for the eyes; the ears hear of it once.
    const said_ = notice.hidden ? "" : gate.why;
    if (said_ && said_ !== said) announce(text());
    said = said_;
  };

  now.addEventListener("click", () => gate.look());
  gate.addEventListener("change", draw);
  queue.addEventListener("add", draw);
  queue.addEventListener("remove", draw);
  setInterval(() => {
    if (gate.until) draw();
  }, SECOND_MS);
}
