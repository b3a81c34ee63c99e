/**
 * The files of one upload: which wait, which are on their way, which arrived.
 * Knows neither the page nor the network; a test can run it in any engine.
 */

/**
 * @typedef {"waiting" | "sending" | "checking" | "done" | "failed"} State
 *
 * @typedef {object} Item
 * @property {number} id
 * @property {File} file
 * @property {State} state
 * @property {number} sent bytes of the file sent so far
 * @property {string} reason why it failed, ready to show
 * @property {boolean} retriable whether sending it again can help
 * @property {string} redirect where to go when this was the only file
 *
 * @typedef {(file: File, onProgress: (fraction: number) => void) => Promise<{redirect: string}>} Send
 *
 * @typedef {object} Totals
 * @property {number} files
 * @property {number} done
 * @property {number} failed
 * @property {number} active waiting, sending or checking
 * @property {number} percent of the bytes of all files that have not failed
 */

export const AT_ONCE = 3;

/**
 * Events: `add`, `change` and `remove` with the item as `detail`; `settle` when
 * nothing is left to send.
 */
export class UploadQueue extends EventTarget {
  /** @type {Item[]} */
  items = [];
  #nextId = 1;
  #send;
  #check;

  /**
   * @param {Send} send sends one file; rejects with an Error whose message can be shown
   * @param {(file: File) => string} check why a file needn't be sent at all, or ""
   */
  constructor(send, check = () => "") {
    super();
    this.#send = send;
    this.#check = check;
  }

  /** @param {Iterable<File>} files */
  add(files) {
    for (const file of files) {
      const reason = this.#check(file);
      /** @type {Item} */
      const item = {
        id: this.#nextId++,
        file,
        state: reason ? "failed" : "waiting",
        sent: 0,
        reason,
        retriable: !reason,
        redirect: "",
      };
      this.items.push(item);
      this.#emit("add", item);
    }
    this.#pump();
  }

  /** @param {number} id */
  retry(id) {
    const item = this.#find(id);
    if (item?.state !== "failed") return;
    Object.assign(item, { state: "waiting", sent: 0, reason: "" });
    this.#emit("change", item);
    this.#pump();
  }

  /**
   * Forget a file that failed.
   *
   * @param {number} id
   */
  remove(id) {
    const item = this.#find(id);
    if (item?.state !== "failed") return;
    this.items.splice(this.items.indexOf(item), 1);
    this.#emit("remove", item);
    // With the last failure gone, the files that arrived are all there is to show.
    if (this.totals.done) this.#pump();
  }

  /** @returns {Totals} */
  get totals() {
    const totals = { files: this.items.length, done: 0, failed: 0, active: 0, percent: 0 };
    let size = 0;
    let sent = 0;
    for (const item of this.items) {
      if (item.state === "failed") {
        totals.failed += 1;
        continue;
      }
      if (item.state === "done") totals.done += 1;
      else totals.active += 1;
      size += item.file.size;
      sent += item.sent;
    }
    totals.percent = size ? Math.floor((100 * sent) / size) : 0;
    return totals;
  }

  /** @param {number} id */
  #find(id) {
    return this.items.find((item) => item.id === id);
  }

  /**
   * @param {string} type
   * @param {Item} [item]
   */
  #emit(type, item) {
    this.dispatchEvent(new CustomEvent(type, { detail: item }));
  }

  #pump() {
    const busy = this.items.filter((item) => item.state === "sending" || item.state === "checking");
    const waiting = this.items.filter((item) => item.state === "waiting");
    for (const item of waiting.slice(0, AT_ONCE - busy.length)) this.#start(item);
    if (this.items.length && !busy.length && !waiting.length) this.#emit("settle");
  }

  /** @param {Item} item */
  async #start(item) {
    item.state = "sending";
    this.#emit("change", item);
    try {
      const { redirect } = await this.#send(item.file, (fraction) => {
        item.sent = fraction * item.file.size;
        item.state = fraction < 1 ? "sending" : "checking";
        this.#emit("change", item);
      });
      Object.assign(item, { state: "done", sent: item.file.size, redirect });
    } catch (error) {
      item.state = "failed";
      item.reason = error instanceof Error ? error.message : String(error);
    }
    this.#emit("change", item);
    this.#pump();
  }
}
