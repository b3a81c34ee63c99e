/** How fast bytes go out: smoothed, so that the figure can be read. */

const SMOOTHED_OVER_S = 4;
const SHORTEST_SAMPLE_S = 0.25;

export class Rate {
  /** Bytes a second; 0 while nothing is known. */
  value = 0;
  #bytes = 0;
  #since = 0;

  /**
   * @param {number} bytes that went out since the last call
   * @param {number} [now] milliseconds
   */
  note(bytes, now = performance.now()) {
    if (!this.#since) this.#since = now;
    this.#bytes += bytes;
    const seconds = (now - this.#since) / 1000;
    if (seconds < SHORTEST_SAMPLE_S) return;
    const latest = this.#bytes / seconds;
    const weight = this.value ? 1 - Math.exp(-seconds / SMOOTHED_OVER_S) : 1;
    this.value += weight * (latest - this.value);
    this.#bytes = 0;
    this.#since = now;
  }

  /** Begin anew, after a break. */
  reset() {
    this.value = 0;
    this.#bytes = 0;
    this.#since = 0;
  }
}
