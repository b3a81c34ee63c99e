/**
 * The files of one page: which wait, which are on their way, which arrived, and what is done about
 * those that did not. Knows neither the page nor the network; a test can run it in any engine.
 */

import { backOff, LONGEST_BREAK_S } from "./backoff.js";
import { Fault } from "./faults.js";
import { newToken } from "./tokens.js";
import { Rate } from "./rate.js";

/**
 * @typedef {import("./types.js").Arrival} Arrival
 * @typedef {import("./types.js").Draft} Draft
 * @typedef {import("./types.js").Item} Item
 * @typedef {import("./types.js").Hooks} Hooks
 * @typedef {import("./types.js").Totals} Totals
 * @typedef {import("./types.js").Means} Means
 */

export const AT_ONCE = 3;
const TRIES = 6;

/**
 * Events: `add`, `change` and `remove` with the item as `detail`; `unwanted` with an item that was
 * cancelled while it was `checking`, once its `arrival`, if there is one, can be undone; `settle`
 * when nothing is left to send, whose `detail` tells whether it was the arrival of a file that
 * ended it.
 */
export class UploadQueue extends EventTarget {
  /** @type {Item[]} */
  items = [];
  rate = new Rate();
  #means;
  /** @type {Map<string, Arrival>} by fingerprint and batch: the server lists a batch's own */
  #arrivals = new Map();
  /** @type {Set<Item>} cancelled, but the server is still looking at them */
  #calledBack = new Set();
  #unsettled = false;
  #timer = 0;

  /** @param {Means} means */
  constructor(means) {
    super();
    this.#means = means;
    means.gate?.addEventListener("change", () => {
      if (["offline", "unreachable"].includes(means.gate?.why ?? "")) this.#interrupt();
      this.#pump();
    });
  }

  /** @param {Iterable<Draft>} drafts */
  add(drafts) {
    for (const draft of drafts) {
      const item = makeItem(draft);
      item.reason ||= this.#means.check?.(item) ?? "";
      if (item.reason) Object.assign(item, { state: "failed", retriable: false });
      this.items.push(item);
      this.#emit("add", item);
      this.#unsettled = true;
    }
    this.#pump();
  }

  /** @param {Item} item */
  pause(item) {
    if (!["waiting", "sending"].includes(item.state)) return;
    this.#halt(item, "paused");
    this.#unsettled = true;
    this.#pump();
  }

  /** @param {Item} item */
  resume(item) {
    if (item.state === "paused") this.#begin(item);
  }

  /** @param {Item} item */
  retry(item) {
    if (item.state === "failed" && item.retriable) this.#begin(item);
  }

  /**
   * Take an item off the list, whatever became of it. One that the server is looking at cannot be
   * called back; `unwanted` tells of it once that is over.
   *
   * @param {Item} item
   */
  remove(item) {
    if (!this.items.includes(item)) return;
    const arrived = item.arrival !== null;
    if (item.state === "sending") this.#halt(item, "paused");
    if (item.state === "checking") this.#calledBack.add(item);
    this.#drop(item, arrived ? "cleared" : "cancelled");
    this.#pump();
  }

  /**
   * Take an arrived picture off the list that is no longer there, wherever it is listed: the file
   * may be sent again.
   *
   * @param {Item} item
   */
  forget(item) {
    const key = item.arrival?.card.key;
    for (const [place, { card }] of this.#arrivals) {
      if (card.key === key) this.#arrivals.delete(place);
    }
    for (const other of this.items.filter(({ arrival }) => arrival?.card.key === key)) {
      this.remove(other);
    }
  }

  /** @returns {Totals} */
  get totals() {
    const totals = {
      files: this.items.length,
      done: 0,
      known: 0,
      failed: 0,
      retriable: 0,
      paused: 0,
      active: 0,
      bytes: 0,
      sent: 0,
      percent: 0,
      rate: this.#isMoving ? this.rate.value : 0,
    };
    for (const { state, retriable, size, sent } of this.items) {
      if (state === "failed") {
        totals.failed += 1;
        if (retriable) totals.retriable += 1;
        continue;
      }
      if (state === "known") totals.known += 1;
      if (state === "done" || state === "known") totals.done += 1;
      else if (state === "paused") totals.paused += 1;
      else totals.active += 1;
      totals.bytes += size;
      totals.sent += Math.min(sent, size);
    }
    totals.percent = totals.bytes ? Math.floor((100 * totals.sent) / totals.bytes) : 0;
    return totals;
  }

  get #isMoving() {
    return this.items.some((item) => item.stop);
  }

  /**
   * @param {string} type
   * @param {unknown} [detail]
   */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** @param {Item} item that a person wants sent now */
  #begin(item) {
    Object.assign(item, { state: "waiting", reason: "", again: 0, tries: 0 });
    this.#unsettled = true;
    this.#emit("change", item);
    this.#pump();
  }

  /**
   * Break off what is under way.
   *
   * @param {Item} item
   * @param {"waiting" | "paused"} state
   */
  #halt(item, state) {
    const { stop } = item;
    item.stop = null;
    item.rate.reset();
    // What went into one request has to go again; what lies in a place of its own does not.
    Object.assign(item, { state, again: 0, reason: "", sent: item.resume ? item.sent : 0 });
    stop?.abort();
    this.#emit("change", item);
  }

  #interrupt() {
    this.rate.reset();
    for (const item of this.items) if (item.stop) this.#halt(item, "waiting");
  }

  /**
   * @param {Item} item
   * @param {Item["gone"]} why
   */
  #drop(item, why) {
    item.gone = why;
    this.items.splice(this.items.indexOf(item), 1);
    this.#emit("remove", item);
  }

  /** @param {boolean} [arrived] whether it was an arrival that made room */
  #pump(arrived = false) {
    clearTimeout(this.#timer);
    const now = Date.now();
    let free = AT_ONCE - this.items.filter((item) => item.stop).length;
    let soonest = Infinity;
    if (this.#means.gate?.open ?? true) {
      for (const item of this.items) {
        if (free <= 0) break;
        if (item.state !== "waiting" || this.#hasTwinAhead(item)) continue;
        if (item.again > now) {
          soonest = Math.min(soonest, item.again);
          continue;
        }
        free -= 1;
        this.#run(item);
      }
    }
    if (!this.#isMoving) this.rate.reset();
    if (free > 0 && soonest < Infinity) {
      this.#timer = setTimeout(() => this.#pump(), soonest - now);
    }
    if (this.#unsettled && !this.totals.active && !this.#calledBack.size) {
      this.#unsettled = false;
      if (this.items.length) this.#emit("settle", arrived);
    }
  }

  /**
   * The same file chosen twice waits for itself: it may be here in a moment.
   *
   * @param {Item} item
   */
  #hasTwinAhead(item) {
    if (!this.#means.isThere || !item.file) return false;
    for (const other of this.items) {
      if (other === item) return false;
      if (other.fingerprint === item.fingerprint && isActive(other)) return true;
    }
    return false;
  }

  /** @param {Item} item */
  async #run(item) {
    const stop = new AbortController();
    Object.assign(item, { state: "sending", reason: "", again: 0, stop });
    item.rate.note(0);
    this.rate.note(0);
    this.#emit("change", item);
    try {
      const mine = (await this.#means.claim?.(item)) ?? true;
      if (item.stop !== stop) return;
      if (!mine) {
        item.stop = null;
        this.#drop(item, "elsewhere");
        this.#pump();
        return;
      }
      const earlier = await this.#recall(item);
      if (item.stop !== stop) return;
      const arrival = earlier ?? (await this.#means.send(item, this.#hooks(item, stop)));
      if (item.stop !== stop) return;
      if (item.gone) this.#letGo(Object.assign(item, { arrival }));
      else this.#arrive(item, arrival);
    } catch (error) {
      if (item.stop !== stop) return;
      if (item.gone) this.#letGo(item);
      else this.#fail(item, error);
    }
  }

  /** @param {Item} item that was cancelled while the server looked at it, which is over now */
  #letGo(item) {
    item.stop = null;
    this.#calledBack.delete(item);
    this.#emit("unwanted", item);
    this.#pump();
  }

  /** @param {Item} item */
  async #recall(item) {
    const arrival = this.#arrivals.get(placeOf(item));
    if (!arrival || !(await this.#means.isThere?.(arrival))) return null;
    return { ...arrival, known: true };
  }

  /**
   * @param {Item} item
   * @param {AbortController} stop
   * @returns {Hooks}
   */
  #hooks(item, stop) {
    /** @param {Partial<Item>} changes */
    const change = (changes) => {
      if (item.stop !== stop || item.gone) return;
      Object.assign(item, changes);
      this.#emit("change", item);
    };
    return {
      signal: stop.signal,
      onFound: (sent) => change({ state: "sending", sent }),
      onProgress: (sent) => {
        if (item.stop !== stop || item.gone) return;
        const more = Math.max(0, sent - item.sent);
        item.rate.note(more);
        this.rate.note(more);
        change({ sent });
      },
      onSent: () => change({ state: "checking", sent: item.size }),
      onPlace: (resume) => change({ resume }),
      onSaved: () => change({ tries: 0 }),
    };
  }

  /**
   * @param {Item} item
   * @param {Arrival} arrival
   */
  #arrive(item, arrival) {
    const state = arrival.known ? "known" : "done";
    Object.assign(item, { state, arrival, stop: null, sent: item.size });
    if (item.file) this.#arrivals.set(placeOf(item), arrival);
    this.#emit("change", item);
    this.#pump(true);
  }

  /**
   * @param {Item} item
   * @param {unknown} error
   */
  async #fail(item, error) {
    const fault = error instanceof Fault ? error : new Fault("failed", String(error));
    const { gate } = this.#means;
    if (!gate || fault.kind === "refused" || fault.kind === "failed") {
      this.#giveUp(item, fault);
      return;
    }
    if (fault.kind === "mismatch") item.key = newToken();
    this.#halt(item, "waiting");
    if (fault.kind === "busy") {
      item.reason = fault.message;
      gate.rest(fault.seconds);
      return;
    }
    if (fault.kind === "later") {
      this.#wait(item, fault, 1000 * Math.min(fault.seconds, LONGEST_BREAK_S));
      return;
    }
    // Is it the file, or the way? Only the file's own failures count.
    if (fault.kind === "lost" || fault.kind === "session") {
      item.again = Infinity; // not before we know
      const open = await gate.look();
      if (item.state !== "waiting" || item.gone) return;
      item.again = 0;
      if (!open) return;
    }
    item.tries += 1;
    if (item.tries >= TRIES) {
      this.#giveUp(item, fault);
      return;
    }
    this.#wait(item, fault, backOff(item.tries));
  }

  /**
   * @param {Item} item
   * @param {Fault} fault
   * @param {number} milliseconds
   */
  #wait(item, fault, milliseconds) {
    Object.assign(item, { reason: fault.message, again: Date.now() + milliseconds });
    this.#emit("change", item);
    this.#pump();
  }

  /**
   * @param {Item} item
   * @param {Fault} fault
   */
  #giveUp(item, fault) {
    Object.assign(item, {
      state: "failed",
      stop: null,
      reason: fault.message,
      retriable: fault.kind !== "refused",
    });
    this.#emit("change", item);
    this.#pump();
  }
}

/** @param {Item} item */
function placeOf({ fingerprint, batch }) {
  return `${batch}\n${fingerprint}`;
}

/** @param {Item} item */
export function isActive({ state }) {
  return state === "waiting" || state === "sending" || state === "checking";
}

/**
 * @param {Draft} draft
 * @returns {Item}
 */
function makeItem(draft) {
  const { file = null, address = "", keep = "", visibility = "", path = "" } = draft;
  const choices = draft.choices ?? { edge: 0, webp: false };
  const name = draft.name ?? file?.name ?? address;
  return {
    id: newToken(),
    key: newToken(),
    prepared: false,
    size: file?.size ?? 0,
    fingerprint: [
      name, file?.type, file?.size, file?.lastModified, path, keep, visibility, choices.edge, choices.webp,
    ].join("\n"),
    batch: "",
    position: 0,
    restored: false,
    state: "waiting",
    sent: 0,
    reason: "",
    note: "",
    retriable: true,
    again: 0,
    tries: 0,
    resume: "",
    arrival: null,
    stop: null,
    gone: "",
    ...draft,
    file,
    address,
    name,
    path,
    keep,
    visibility,
    choices,
    rate: new Rate(),
  };
}
