/** What can be told about a file before it is sent. The server checks again. */

import { filesize, fill } from "../text.js";

/** @typedef {import("./types.js").Item} Item */

export const SCREENSHOT = "image/png";
export const SHRINKABLE = ["image/jpeg", SCREENSHOT, "image/webp"];

/**
 * @param {DOMStringMap} rules `accept` (as the attribute of `<input>`), `maxBytes`
 *   (0: no limit), `limit` (the same for people) and the texts for each refusal
 * @returns {(item: Item) => string} a message that names the file and what to do, or ""
 */
export function checkBy(rules) {
  const accepted = (rules.accept ?? "")
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter(Boolean);

  return ({ file, keep, choices }) => {
    if (!file) return "";
    const { name, size, type } = file;
    if (!accepts(accepted, file)) return fill(rules.textType, { name });
    if (size === 0) return fill(rules.textEmpty, { name });
    return mayShrink(type, keep, choices) ? "" : checkSize(file, rules);
  };
}

/**
 * @param {string} type of a file
 * @param {string} keep a backup stays as it is, every byte of it
 * @param {import("./types.js").Choices} choices
 * @returns {boolean} whether `shrink.prepare` may change such a file
 */
export function mayShrink(type, keep, { edge, webp }) {
  if (keep === "backup" || !SHRINKABLE.includes(type)) return false;
  return edge > 0 || (webp && type === SCREENSHOT);
}

/**
 * @param {File} file as it is sent
 * @param {DOMStringMap} rules as above
 * @returns {string} a message, or ""
 */
export function checkSize({ name, size }, rules) {
  const maxBytes = Number(rules.maxBytes) || 0;
  if (!maxBytes || size <= maxBytes) return "";
  return fill(rules.textSize, { name, size: filesize(size), limit: rules.limit ?? "" });
}

/**
 * @param {string[]} accepted entries like `image/png`, `image/*`, `.png`
 * @param {File} file
 * @returns {boolean}
 */
function accepts(accepted, file) {
  if (!accepted.length) return true;
  const type = file.type.toLowerCase();
  const name = file.name.toLowerCase();
  const extensions = accepted.filter((entry) => entry.startsWith("."));
  // A browser that doesn't know the type leaves it to the server, unless there
  // are extensions to go by.
  if (!type && (!extensions.length || !name.includes("."))) return true;
  return accepted.some((entry) => {
    if (entry.startsWith(".")) return name.endsWith(entry);
    if (entry.endsWith("/*")) return type.startsWith(entry.slice(0, -1));
    return type === entry;
  });
}
