/**
 * Let only so many do heavy work at the same time.
 *
 * @param {number} atOnce
 * @returns {<T>(work: () => Promise<T>) => Promise<T>} does the work when it is its turn
 */
export function turns(atOnce) {
  let busy = 0;
  /** @type {(() => void)[]} */
  const waiting = [];

  return async (work) => {
    if (busy >= atOnce) await new Promise((resolve) => waiting.push(() => resolve(undefined)));
    else busy += 1;
    try {
      return await work();
    } finally {
      // The place goes straight to the next one.
      const next = waiting.shift();
      if (next) next();
      else busy -= 1;
    }
  };
}
