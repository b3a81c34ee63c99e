/** What the first bytes of a picture tell: its size in pixels, and whether it moves. */

const HEAD = 256 * 1024;

/**
 * @typedef {object} Facts
 * @property {number} width
 * @property {number} height
 * @property {boolean} animated
 */

/**
 * @param {Blob} file
 * @returns {Promise<Facts | null>} null for formats that are not known here, and for damaged files
 */
export async function factsOf(file) {
  const view = new DataView(await file.slice(0, HEAD).arrayBuffer());
  try {
    return png(view) ?? jpeg(view) ?? webp(view) ?? gif(view);
  } catch (error) {
    if (error instanceof RangeError) return null; // it ends too early
    throw error;
  }
}

/** @param {DataView} view */
function png(view) {
  if (view.getUint32(0) !== 0x89504e47) return null;
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  // An animation says so before its first picture.
  for (let at = 8; at + 8 <= view.byteLength; at += 12 + view.getUint32(at)) {
    const chunk = ascii(view, at + 4, 4);
    if (chunk === "acTL") return { width, height, animated: true };
    if (chunk === "IDAT") break;
  }
  return { width, height, animated: false };
}

/** @param {DataView} view */
function jpeg(view) {
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; ; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5), animated: false };
    }
    if (view.getUint8(at) !== 0xff || marker === 0xda) return null;
  }
}

/** @param {DataView} view */
function webp(view) {
  if (ascii(view, 0, 4) !== "RIFF" || ascii(view, 8, 4) !== "WEBP") return null;
  const kind = ascii(view, 12, 4);
  if (kind === "VP8X") {
    return {
      width: 1 + (view.getUint32(24, true) & 0xffffff),
      height: 1 + (view.getUint32(27, true) & 0xffffff),
      animated: Boolean(view.getUint8(20) & 2),
    };
  }
  if (kind === "VP8L") {
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >> 14) & 0x3fff), animated: false };
  }
  const [width, height] = [view.getUint16(26, true), view.getUint16(28, true)];
  return { width: width & 0x3fff, height: height & 0x3fff, animated: false };
}

/** @param {DataView} view */
function gif(view) {
  if (ascii(view, 0, 3) !== "GIF") return null;
  // Whether it moves is told only at its end: take it that it does.
  return { width: view.getUint16(6, true), height: view.getUint16(8, true), animated: true };
}

/**
 * @param {DataView} view
 * @param {number} at
 * @param {number} length
 */
function ascii(view, at, length) {
  let text = "";
  for (let n = 0; n < length; n += 1) text += String.fromCharCode(view.getUint8(at + n));
  return text;
}
