/** The ways pictures come into a page: dropped, pasted, picked; as files or as an address. */

import { filesOf, isJunk } from "./folders.js";

/**
 * @typedef {object} Taker
 * @property {(files: File[]) => void} onFiles
 * @property {(address: string) => void} [onAddress] without it, addresses are left alone
 * @property {(names: string[]) => void} [onUnread] files and folders that cannot be read
 */

/**
 * Take drops. One beside every region is swallowed, so that it never replaces the page by the
 * picture.
 *
 * @param {HTMLElement} region carries `data-over` while something hovers
 * @param {Taker} taker
 * @param {EventTarget} [area] where a drop counts
 */
export function watchDrops(region, taker, area = region) {
  let depth = 0;
  let isOwn = false;
  /** @param {number} to */
  const setDepth = (to) => {
    depth = Math.max(0, to);
    region.toggleAttribute("data-over", depth > 0);
  };
  /** @param {Event} event @returns {event is DragEvent} */
  const counts = (event) => !isOwn && carries(event, Boolean(taker.onAddress));

  // What is dragged from this page is here already.
  window.addEventListener("dragstart", ({ target }) => {
    isOwn = true;
    // Not on the window, which doesn't hear of it if the page has dropped that element meanwhile.
    const end = () => {
      isOwn = false;
    };
    target?.addEventListener("dragend", end, { once: true });
  });
  area.addEventListener("dragenter", (event) => {
    if (counts(event)) setDepth(depth + 1);
  });
  area.addEventListener("dragleave", (event) => {
    if (counts(event)) setDepth(depth - 1);
  });
  area.addEventListener("drop", async (event) => {
    if (!counts(event)) return;
    setDepth(0);
    const { dataTransfer, target } = event;
    if (!dataTransfer || (isField(target) && !carriesFiles(event))) return;
    event.preventDefault();
    const address = addressIn(dataTransfer);
    const { files, unread } = await filesOf(dataTransfer);
    if (files.length) taker.onFiles(files);
    else if (address && !unread.length) taker.onAddress?.(address);
    if (unread.length) taker.onUnread?.(unread);
  });
  window.addEventListener("dragover", (event) => {
    if (!carries(event, true) || (isField(event.target) && !carriesFiles(event))) return;
    event.preventDefault();
    if (event.dataTransfer) {
      const inside = area === window || area.contains(event.target);
      event.dataTransfer.dropEffect = inside && counts(event) ? "copy" : "none";
    }
  });
  window.addEventListener("drop", (event) => {
    if (carriesFiles(event) || (carries(event, true) && !isField(event.target))) {
      event.preventDefault();
    }
  });
}

/**
 * Take what is pasted, but leave what is pasted into a field alone.
 *
 * @param {EventTarget} area
 * @param {Taker} taker
 */
export function watchPastes(area, { onFiles, onAddress }) {
  area.addEventListener("paste", (event) => {
    const { clipboardData, target } = /** @type {ClipboardEvent} */ (event);
    if (!clipboardData) return;
    const files = [...clipboardData.files];
    // Some programs put a picture of the text beside the text.
    if (isField(target) && (area !== target || clipboardData.types.includes("text/plain"))) return;
    const address = files.length ? "" : webAddress(clipboardData.getData("text/plain"));
    if (files.length) onFiles(files);
    else if (address && onAddress) onAddress(address);
    else return;
    event.preventDefault();
  });
}

/**
 * Take picked files at once; the same file can be picked again.
 *
 * @param {HTMLInputElement} input
 * @param {(files: File[]) => void} onFiles
 */
export function watchPicks(input, onFiles) {
  input.addEventListener("change", () => {
    const picked = [...(input.files ?? [])];
    input.value = "";
    // A folder comes with everything in it.
    const files = picked.filter(
      ({ webkitRelativePath }) => !webkitRelativePath.split("/").slice(1).some(isJunk),
    );
    if (files.length) onFiles(files);
  });
}

/**
 * @param {string} text
 * @returns {string} the web address that the text is, or ""
 */
export function webAddress(text) {
  const trimmed = text.trim();
  return /^https?:\/\/\S+$/i.test(trimmed) && URL.canParse(trimmed) ? trimmed : "";
}

/**
 * @param {DataTransfer} transfer
 * @returns {string} of the picture that was dragged from another page, or ""
 */
function addressIn(transfer) {
  const dragged = new DOMParser().parseFromString(transfer.getData("text/html"), "text/html");
  const picture = dragged.querySelector("img")?.getAttribute("src") ?? "";
  const [link = ""] = transfer
    .getData("text/uri-list")
    .split(/\r?\n/)
    .filter((line) => line && !line.startsWith("#"));
  return webAddress(picture) || webAddress(link);
}

/** @param {Event} event */
function carriesFiles(event) {
  return event instanceof DragEvent && Boolean(event.dataTransfer?.types.includes("Files"));
}

/**
 * @param {Event} event
 * @param {boolean} addresses whether they count too
 */
function carries(event, addresses) {
  if (carriesFiles(event)) return true;
  return (
    addresses &&
    event instanceof DragEvent &&
    Boolean(event.dataTransfer?.types.includes("text/uri-list"))
  );
}

/** @param {EventTarget | null} target */
function isField(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) {
    return !["file", "radio", "checkbox"].includes(target.type) && !target.readOnly;
  }
  return target instanceof HTMLTextAreaElement || target.isContentEditable;
}
