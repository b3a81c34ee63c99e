/**
 * Tells the server of moves, one after the other: each is meant for the order
 * that those before have made.
 */

const PATIENCE_MS = 30_000;

/** @typedef {import("./order.js").Move} Move */

export class Keeper extends EventTarget {
  /**
   * @param {string} token against forgery
   * @param {HTMLElement[]} kept the order that the server knows
   */
  constructor(token, kept) {
    super();
    this._token = token;
    this._kept = kept;
    /** @type {Move[]} */
    this._waiting = [];
    /** @type {Promise<boolean> | null} */
    this._work = null;
  }

  get isBusy() {
    return this._work !== null;
  }

  /** @param {Move} move that is done on the page */
  keep(move) {
    // Of several steps of the same thing only where they lead has to be known.
    if (this._waiting.at(-1)?.spot === move.spot) this._waiting.pop();
    this._waiting.push(move);
    this._work ??= this._send();
  }

  /** @returns {Promise<boolean>} once nothing is left to be told: whether all is kept */
  async finished() {
    return (await this._work) ?? true;
  }

  /** @returns {Promise<boolean>} */
  async _send() {
    let move;
    let good = true;
    while (good && (move = this._waiting.shift())) {
      good = await this._post(move);
      if (good) this._kept = move.order;
    }
    this._work = null;
    this._waiting = [];
    if (!good) this.dispatchEvent(new CustomEvent("failed", { detail: this._kept }));
    return good;
  }

  /**
   * @param {Move} move
   * @returns {Promise<boolean>}
   */
  async _post({ spot, side, other }) {
    try {
      const answer = await fetch(spot.dataset.place ?? "", {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams({ csrf_token: this._token, [side]: other }),
        keepalive: true, // so that leaving the page does not stop it
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      return answer.ok;
    } catch {
      return false;
    }
  }
}
