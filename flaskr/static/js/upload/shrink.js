/** Pictures made smaller before they are sent, if that is wanted. */

import { SCREENSHOT } from "./check.js";
import { factsOf } from "./facts.js";
import { turns } from "./turns.js";

/** @typedef {import("./queue.js").Choices} Choices */

const MOST_PIXELS = 100_000_000;
const QUALITY = 0.88;
/** At this quality a browser's WebP loses nothing, which letters on a screenshot need. */
const LOSSLESS = 1;

const takeTurn = turns(1);

/**
 * @param {File} file that `check.mayShrink` admits
 * @param {Choices} choices
 * @returns {Promise<File>} the same one if there is nothing to gain, or the browser cannot do it
 */
export async function prepare(file, choices) {
  return takeTurn(async () => {
    try {
      return (await shrink(file, choices)) ?? file;
    } catch {
      return file;
    }
  });
}

/**
 * @param {File} file
 * @param {Choices} choices
 */
async function shrink(file, { edge, webp }) {
  const facts = await factsOf(file);
  if (!facts || facts.animated || facts.width * facts.height > MOST_PIXELS) return null;
  const longest = Math.max(facts.width, facts.height);
  const isSmaller = edge > 0 && longest > edge;
  const type = webp && file.type === SCREENSHOT ? "image/webp" : file.type;
  if (!isSmaller && type === file.type) return null;

  // The orientation that a camera notes beside the pixels goes into them.
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = isSmaller ? edge / longest : 1;
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const quality = file.type === SCREENSHOT ? LOSSLESS : QUALITY;
  /** @type {Blob | null} */
  const made = await new Promise((resolve) => canvas.toBlob(resolve, type, quality));
  // A browser that cannot write this format writes another one.
  if (!made || made.type !== type || made.size >= file.size) return null;
  const name = type === file.type ? file.name : file.name.replace(/\.png$/i, "") + ".webp";
  return new File([made], name, { type, lastModified: file.lastModified });
}
