/**
 * Which pages live, so that no two send the same file and none is left unsent.
 *
 * Where there are Web Locks, a living page holds one, and loses it with its last breath. Over plain
 * http there are none: there it writes down every now and then that it lives.
 */

import { newToken } from "./tokens.js";

const REMEMBERED = "tuchuang-tab";
const LOCK = "tuchuang-tab-";
const BEAT_MS = 20_000;
/** A browser lets a page in the background act once a minute. */
const PATIENCE_MS = 90_000;

export class Tab {
  id;
  #store;
  #seen = 0;

  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.#store = store;
    this.id = recall() || newToken();
  }

  /**
   * @param {() => void} onBeat time to look for files whose page has ended
   * @returns {Promise<void>} once others can see that this page lives
   */
  async live(onBeat) {
    if (!navigator.locks) await this.#beat();
    else if (!(await hold(LOCK + this.id))) {
      // A copy of this tab was quicker.
      this.id = newToken();
      await hold(LOCK + this.id);
    }
    addEventListener("pagehide", () => {
      remember(this.id);
      this.#store.leave(this.id).catch(() => {});
    });
    setInterval(onBeat, BEAT_MS);
  }

  /** Whether others may believe that this page has ended: it slept for too long. */
  get mayBeMissed() {
    return !navigator.locks && Date.now() - this.#seen > PATIENCE_MS;
  }

  /** @returns {Promise<(tab: string) => boolean>} tells whether a page lives */
  async whoLives() {
    if (!navigator.locks) {
      const alive = await this.#beat();
      return (tab) => alive.has(tab);
    }
    const { held = [] } = await navigator.locks.query();
    const names = new Set(held.map(({ name }) => name));
    return (tab) => names.has(LOCK + tab);
  }

  async #beat() {
    const alive = await this.#store.beat(this.id, PATIENCE_MS);
    this.#seen = Date.now();
    return alive;
  }
}

/**
 * Hold a lock until this page ends.
 *
 * @param {string} name
 * @returns {Promise<boolean>} false if another page has it
 */
function hold(name) {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock && new Promise(() => {});
      })
      .catch(reject);
  });
}

/**
 * A page that is loaded again is the same one. It takes its name along, so that a copy of the tab
 * finds none.
 */
function recall() {
  try {
    const id = sessionStorage.getItem(REMEMBERED);
    sessionStorage.removeItem(REMEMBERED);
    return id;
  } catch {
    return null;
  }
}

/** @param {string} id */
function remember(id) {
  try {
    sessionStorage.setItem(REMEMBERED, id);
  } catch {
    // It will wait until this page counts as dead.
  }
}
