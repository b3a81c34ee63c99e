/** Small pictures of files that are not sent yet, made without filling the memory. */

import { factsOf } from "./facts.js";
import { turns } from "./turns.js";

const SIDE = 112; // twice what the page shows
const MOST_PIXELS = 25_000_000;
/** Of formats whose size in pixels is not known beforehand. */
const MOST_BYTES = 4 * 1024 * 1024;

const NEARBY = "50% 0%";

const takeTurn = turns(2);

/**
 * Show what is in a file once its row comes into view. The frame keeps its icon if the browser
 * cannot, or if that would take too much memory.
 *
 * @param {HTMLElement} frame
 * @param {File} file
 */
export function showPreview(frame, file) {
  if (!file.type.startsWith("image/") || file.type.startsWith("image/svg")) return;
  /** @param {IntersectionObserverEntry[]} entries */
  const onView = (entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    takeTurn(async () => {
      const picture = frame.isConnected ? await draw(file) : null;
      if (picture) frame.replaceChildren(picture);
    });
  };
  const watcher = new IntersectionObserver(onView, { rootMargin: NEARBY });
  watcher.observe(frame);
}

/**
 * @param {File} file
 * @returns {Promise<HTMLCanvasElement | null>}
 */
async function draw(file) {
  try {
    const facts = await factsOf(file);
    if (facts ? facts.width * facts.height > MOST_PIXELS : file.size > MOST_BYTES) return null;
    const bitmap = await createImageBitmap(file, {
      ...(facts && fit(facts)),
      resizeQuality: "medium",
    });
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SIDE;
    const scale = SIDE / Math.min(bitmap.width, bitmap.height);
    const [width, height] = [bitmap.width * scale, bitmap.height * scale];
    canvas
      .getContext("2d")
      ?.drawImage(bitmap, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
    bitmap.close();
    return canvas;
  } catch {
    return null;
  }
}

/**
 * @param {import("./facts.js").Facts} facts
 * @returns {ImageBitmapOptions} the shorter side as long as the frame's, unless it is shorter still
 */
function fit({ width, height }) {
  if (Math.min(width, height) <= SIDE) return {};
  return width < height ? { resizeWidth: SIDE } : { resizeHeight: SIDE };
}
