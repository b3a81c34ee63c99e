/** Names that nobody else has. */

const BYTES = 16;

/**
 * Not crypto.randomUUID: over plain http there is none.
 *
 * @returns {string} 32 hexadecimal digits
 */
export function newToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
