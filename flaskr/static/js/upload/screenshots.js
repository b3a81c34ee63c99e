/** Names for what is pasted. */

import { fill } from "../text.js";

const MINUTE_MS = 60_000;

/**
 * A browser calls every pasted picture the same.
 *
 * @param {File} file
 * @param {string | undefined} text what to call it, with a place for the time
 * @returns {File}
 */
export function nameScreenshot(file, text) {
  const [, ending] = /^image(\.\w+)$/.exec(file.name) ?? [];
  if (!ending) return file;
  const now = new Date();
  const local = new Date(now.getTime() - MINUTE_MS * now.getTimezoneOffset());
  const time = local.toISOString().slice(0, 19).replace("T", " ").replaceAll(":", "-");
  const name = fill(text, { time }) + ending;
  return new File([file], name, { type: file.type, lastModified: file.lastModified });
}
