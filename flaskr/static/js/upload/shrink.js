/** Pictures made smaller before they are sent, if that is wanted. */

import { SCREENSHOT, SHRINKABLE } from "./check.js";
import { factsOf } from "./facts.js";
import { turns } from "./turns.js";

/** @typedef {import("./types.js").Choices} Choices */

const MOST_PIXELS = 100_000_000;
const QUALITY = 0.88;
/** At this quality a browser's WebP loses nothing, which letters on a screenshot need. */
const LOSSLESS = 1;

const takeTurn = turns(1);

/**
 * @typedef {object} Prepared
 * @property {File} file the same one if there is nothing to gain, or the browser cannot do it
 * @property {boolean} tooLong whether its longest side is longer than was chosen, for all we know
 *
 * @param {File} file
 * @param {Choices} choices
 * @returns {Promise<Prepared>}
 */
export async function prepare(file, choices) {
  return takeTurn(async () => {
    try {
      return await shrink(file, choices);
    } catch {
      return { file, tooLong: choices.edge > 0 };
    }
  });
}

/**
 * @param {File} file
 * @param {Choices} choices
 * @returns {Promise<Prepared>}
 */
async function shrink(file, { edge, webp }) {
  const facts = await factsOf(file);
  const longest = facts ? Math.max(facts.width, facts.height) : Infinity;
  const isSmaller = edge > 0 && longest > edge;
  const asItIs = { file, tooLong: isSmaller };
  if (!facts || facts.animated || !SHRINKABLE.includes(file.type)) return asItIs;
  if (facts.width * facts.height > MOST_PIXELS) return asItIs;
  const type = webp && file.type === SCREENSHOT ? "image/webp" : file.type;
  if (!isSmaller && type === file.type) return asItIs;

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
  if (!made || made.type !== type) return asItIs;
  // Who chose a longest side gets it, though a drawing of few colours may take more bytes then.
  if (!isSmaller && made.size >= file.size) return asItIs;
  const name = type === file.type ? file.name : file.name.replace(/\.png$/i, "") + ".webp";
  return { file: new File([made], name, { type, lastModified: file.lastModified }), tooLong: false };
}
