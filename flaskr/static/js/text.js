/**
 * Fill the `{name}` places of a text that the page was rendered with.
 *
 * @param {string | undefined} text
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function fill(text, values = {}) {
  return (text ?? "").replace(/\{(\w+)\}/g, (place, name) =>
    name in values ? String(values[name]) : place,
  );
}

const UNITS = ["B", "KB", "MB", "GB", "TB"];
const STEP = 1024;

/**
 * A size for people, as the server prints it: 3.4 MB.
 *
 * @param {number} bytes
 * @returns {string}
 */
export function filesize(bytes) {
  let size = bytes;
  let unit = 0;
  while (size >= STEP && unit < UNITS.length - 1) {
    size /= STEP;
    unit += 1;
  }
  const number = new Intl.NumberFormat(document.documentElement.lang, {
    maximumFractionDigits: unit === 0 || size >= 100 ? 0 : 1,
  }).format(size);
  return `${number} ${UNITS[unit]}`;
}
