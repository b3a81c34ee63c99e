/** How long to wait before the next attempt. */

const FIRST_MS = 1000;
export const LONGEST_MS = 30_000;
/** However long a server asks to be left alone. */
export const LONGEST_BREAK_S = 3600;

/**
 * Exponential, with full jitter: many pages that lost one server don't come back as one.
 *
 * @param {number} tries how often it was tried already, from 1
 * @returns {number} milliseconds
 */
export function backOff(tries) {
  return Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** (tries - 1));
}
