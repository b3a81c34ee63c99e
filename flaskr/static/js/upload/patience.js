/** Waiting for something to move, but not for ever. */

export const STALL_S = 30;
/** A picture that is all there is looked at; a busy server takes its time for it. */
export const ANSWER_S = 75;

export class Patience {
  #timer = 0;
  #onEnd;

  /**
   * @param {number} seconds
   * @param {() => void} onEnd nothing moved for that long
   */
  constructor(seconds, onEnd) {
    this.#onEnd = onEnd;
    this.renew(seconds);
  }

  /** @param {number} seconds something moved: wait that long again */
  renew(seconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onEnd, 1000 * seconds);
  }

  end() {
    clearTimeout(this.#timer);
  }
}
