/**
 * Whether anything may be sent at the moment; and if not, why, and when to look again. Knows
 * neither the page nor the network: `ask` does.
 */

import { backOff, LONGEST_BREAK_S } from "./backoff.js";

/**
 * - `offline`, `unreachable`: no way to the server
 * - `busy`: the server asked for a break
 * - `login`: nobody is logged in any more
 * - `stranger`: somebody else is
 * - `unnamed`: whoever sends has not said who they are
 *
 * @typedef {"" | "offline" | "unreachable" | "busy" | "login" | "stranger" | "unnamed"} Why
 *
 * @typedef {object} Answer
 * @property {"same" | "nobody" | "other" | "unnamed" | "lost" | "busy"} is
 * @property {string} [name] who else is logged in
 * @property {number} [seconds] how long the server wants to be left alone
 */

const SOONEST_MS = 1000;
/** Who asks the server gives up sooner; but nothing is sent while we wait for what it says. */
const LONGEST_MS = 20_000;

/** Event: `change`. */
export class Gate extends EventTarget {
  /** @type {Why} nothing while it is open */
  why = "";
  /** When it opens or looks again by itself, in milliseconds; 0 if only a person can tell. */
  until = 0;
  /** Who is logged in instead. */
  who = "";
  #ask;
  #isOnline;
  #tries = 0;
  #timer = 0;
  /** @type {Promise<boolean> | null} */
  #asking = null;

  /**
   * @param {() => Promise<Answer>} ask the server who is logged in; never rejects
   * @param {() => boolean} [isOnline] what the browser thinks
   */
  constructor(ask, isOnline = () => navigator.onLine) {
    super();
    this.#ask = ask;
    this.#isOnline = isOnline;
  }

  get open() {
    return !this.why && !this.#asking;
  }

  /**
   * Leave the server alone, as it asked.
   *
   * @param {number} seconds
   */
  rest(seconds) {
    const until = Date.now() + 1000 * Math.min(seconds, LONGEST_BREAK_S) * (1 + Math.random() / 10);
    this.#set("busy", Math.max(until, this.why === "busy" ? this.until : 0));
  }

  /**
   * Find out whether the server is there and still knows us. Nothing starts meanwhile.
   *
   * @returns {Promise<boolean>} whether it is open now
   */
  look() {
    this.#asking ??= this.#settle();
    return this.#asking;
  }

  /**
   * Look when the browser or the person may have changed something.
   *
   * @param {Window} view
   */
  watch(view) {
    const shut = () => {
      if (this.why && this.why !== "busy") this.look();
    };
    view.addEventListener("offline", () => this.look());
    view.addEventListener("online", shut);
    view.addEventListener("focus", shut);
    view.document.addEventListener("visibilitychange", () => {
      if (!view.document.hidden) shut();
    });
  }

  async #settle() {
    const answer = await this.#answer();
    this.#asking = null;
    this.who = answer.name ?? "";
    if (answer.is === "lost") {
      this.#tries += 1;
      this.#set(
        this.#isOnline() ? "unreachable" : "offline",
        Date.now() + SOONEST_MS + backOff(this.#tries),
      );
      return false;
    }
    this.#tries = 0;
    if (answer.is === "busy") this.rest(answer.seconds ?? 1);
    else if (answer.is === "nobody") this.#set("login");
    else if (answer.is === "other") this.#set("stranger");
    else if (answer.is === "unnamed") this.#set("unnamed");
    else if (this.why !== "busy" || this.until <= Date.now()) this.#set("");
    return this.open;
  }

  /** @returns {Promise<Answer>} `lost` if it does not come */
  async #answer() {
    let timer = 0;
    /** @type {Promise<Answer>} */
    const late = new Promise((resolve) => {
      timer = setTimeout(() => resolve({ is: "lost" }), LONGEST_MS);
    });
    try {
      return await Promise.race([this.#ask(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * @param {Why} why
   * @param {number} [until]
   */
  #set(why, until = 0) {
    clearTimeout(this.#timer);
    this.why = why;
    this.until = until;
    if (until) {
      this.#timer = setTimeout(
        () => (why === "busy" ? this.#set("") : this.look()),
        until - Date.now(),
      );
    }
    this.dispatchEvent(new Event("change"));
  }
}
