/** Keeps in the browser what the queue has not sent yet, and brings it back on the next visit. */

import { Tab } from "./tab.js";

/**
 * @typedef {import("./types.js").Item} Item
 * @typedef {import("./queue.js").UploadQueue} UploadQueue
 */

/** What makes an item what it is; the rest belongs to the attempt. */
const KEPT = /** @type {const} */ ([
  "key", "prepared", "address", "name", "path", "size", "fingerprint", "batch", "position", "keep",
  "visibility", "choices", "resume", "note",
]);

const LONGEST_MS = 3000;

/** Nothing here fails: where the browser keeps nothing, files are sent all the same. */
export class Keeper {
  #store;
  #tab;
  #user;
  #order = 0;
  /** @type {Promise<unknown>} */
  #putting = Promise.resolve();
  /** @type {Set<Promise<unknown>>} */
  #writing = new Set();
  /** @type {Promise<void>} rejected where no page can tell whether another lives */
  #ready;

  /**
   * @param {import("./store.js").Store} store
   * @param {string} user whose files these are; others' are neither sent nor shown
   * @param {UploadQueue} queue
   */
  constructor(store, user, queue) {
    this.#store = store;
    this.#tab = new Tab(store);
    this.#user = user;
    this.#ready = this.#tab.live(() => this.restore(queue));
    this.#watch(queue);
  }

  /**
   * @param {Item} item
   * @returns {Promise<boolean>} whether this page may send it: another took it over if it had to
   *   believe that we had ended
   */
  async claim(item) {
    if (!this.#tab.mayBeMissed) return true;
    const tab = await this.#keep(() => this.#store.tabOf(item.id));
    return !tab || tab === this.#tab.id;
  }

  /**
   * Take over what pages left behind that are no more.
   *
   * @param {UploadQueue} queue
   */
  async restore(queue) {
    const adopted = await this.#keep(async () => {
      const lives = await this.#tab.whoLives();
      return this.#store.adopt(this.#user, this.#tab.id, ({ id, tab }) => {
        if (tab !== this.#tab.id) return !lives(tab);
        return !queue.items.some((item) => item.id === id);
      });
    });
    const usable = (adopted ?? []).filter(({ entry, file }) => file || entry.facts.address);
    queue.add(
      usable.map(({ entry: { id, facts }, file }) => {
        const { paused, ...rest } = facts;
        return { ...rest, id, file, restored: true, state: paused ? "paused" : "waiting" };
      }),
    );
  }

  /** @returns {Promise<void>} once what is known by now is written, or that takes too long */
  async written() {
    await Promise.race([
      Promise.allSettled(this.#writing),
      new Promise((resolve) => setTimeout(resolve, LONGEST_MS)),
    ]);
  }

  /** @param {UploadQueue} queue */
  #watch(queue) {
    /** @type {Map<string, string>} what is written of each item, as JSON */
    const written = new Map();

    queue.addEventListener("add", (event) => {
      const item = itemOf(event);
      const { id } = item;
      if (item.state === "failed") {
        // Today's limits refuse it: else it would come back for a week.
        if (item.restored) this.#keep(() => this.#store.remove(id));
        return;
      }
      written.set(id, JSON.stringify(factsOf(item)));
      if (item.restored) return;
      this.#order += 1;
      const made = { id, user: this.#user, added: Date.now(), order: this.#order };
      // One after the other: what has arrived before its turn comes need not be written at all.
      this.#putting = this.#putting.then(() =>
        this.#keep(async () => {
          const entry = { ...made, tab: this.#tab.id, facts: factsOf(item) };
          if (written.has(id)) await this.#store.put(entry, item.file);
        }),
      );
    });
    queue.addEventListener("change", (event) => {
      const item = itemOf(event);
      const before = written.get(item.id);
      if (before === undefined) return;
      if (item.arrival || (item.state === "failed" && !item.retriable)) {
        written.delete(item.id);
        this.#keep(() => this.#store.remove(item.id));
        return;
      }
      const facts = factsOf(item);
      const now = JSON.stringify(facts);
      if (now === before) return;
      written.set(item.id, now);
      const { id, file, prepared } = item;
      const isMade = prepared && !JSON.parse(before).prepared;
      this.#keep(() => this.#store.update(id, facts, isMade ? file : null));
    });
    queue.addEventListener("remove", (event) => {
      const { id, gone } = itemOf(event);
      if (written.delete(id) && gone !== "elsewhere") this.#keep(() => this.#store.remove(id));
    });
  }

  /**
   * @template T
   * @param {() => Promise<T>} work done in the order it is asked for
   * @returns {Promise<T | undefined>} nothing if the browser refuses
   */
  async #keep(work) {
    const writing = this.#ready.then(work);
    this.#writing.add(writing);
    try {
      return await writing;
    } catch {
      return undefined;
    } finally {
      this.#writing.delete(writing);
    }
  }
}

/** @param {Item} item */
function factsOf(item) {
  const facts = Object.fromEntries(KEPT.map((name) => [name, item[name]]));
  return { ...facts, paused: item.state === "paused" };
}

/** @param {Event} event */
function itemOf(event) {
  return /** @type {CustomEvent<Item>} */ (event).detail;
}
