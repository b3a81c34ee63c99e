/** The ways files come into a page: dropped, pasted, picked. */

/** @typedef {(files: File[]) => void} OnFiles */

/**
 * Take dropped files. A drop beside every region is swallowed, so that it never
 * replaces the page by the picture.
 *
 * @param {HTMLElement} region carries `data-over` while files hover
 * @param {OnFiles} onFiles
 * @param {EventTarget} [area] where a drop counts
 */
export function watchDrops(region, onFiles, area = region) {
  let depth = 0;
  /** @param {number} to */
  const setDepth = (to) => {
    depth = Math.max(0, to);
    region.toggleAttribute("data-over", depth > 0);
  };

  area.addEventListener("dragenter", (event) => {
    if (carriesFiles(event)) setDepth(depth + 1);
  });
  area.addEventListener("dragleave", (event) => {
    if (carriesFiles(event)) setDepth(depth - 1);
  });
  area.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    setDepth(0);
    filesOf(event.dataTransfer).then((files) => {
      if (files.length) onFiles(files);
    });
  });
  window.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) {
      const inside = area === window || area.contains(event.target);
      event.dataTransfer.dropEffect = inside ? "copy" : "none";
    }
  });
  window.addEventListener("drop", (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
}

/**
 * Take pasted files, but leave text that is pasted into a field alone.
 *
 * @param {EventTarget} area
 * @param {OnFiles} onFiles
 */
export function watchPastes(area, onFiles) {
  area.addEventListener("paste", (event) => {
    const { clipboardData, target } = /** @type {ClipboardEvent} */ (event);
    const files = [...(clipboardData?.files ?? [])];
    if (!files.length) return;
    // Some programs put a picture of the text beside the text.
    if (isField(target) && clipboardData?.types.includes("text/plain")) return;
    if (isField(target) && area !== target) return;
    event.preventDefault();
    onFiles(files);
  });
}

/**
 * Take picked files at once; the same file can be picked again.
 *
 * @param {HTMLInputElement} input
 * @param {OnFiles} onFiles
 */
export function watchPicks(input, onFiles) {
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = "";
    if (files.length) onFiles(files);
  });
}

/** @param {Event} event */
function carriesFiles(event) {
  return event instanceof DragEvent && Boolean(event.dataTransfer?.types.includes("Files"));
}

/** @param {EventTarget | null} target */
function isField(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== "file" && !target.readOnly;
  return target instanceof HTMLTextAreaElement || target.isContentEditable;
}

/**
 * The files of a drop, those in dropped folders too.
 *
 * @param {DataTransfer | null} transfer
 * @returns {Promise<File[]>}
 */
async function filesOf(transfer) {
  if (!transfer) return [];
  // Both lists are emptied as soon as this event is over: read them first.
  const files = [...transfer.files];
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry?.())
    .filter((entry) => entry !== null && entry !== undefined);
  if (!entries.some((entry) => entry.isDirectory)) return files;
  return (await Promise.all(entries.map(filesOfEntry))).flat();
}

/**
 * @param {FileSystemEntry} entry
 * @returns {Promise<File[]>}
 */
async function filesOfEntry(entry) {
  if (entry instanceof FileSystemFileEntry) {
    return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const files = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return files;
    for (const inner of some) {
      // .DS_Store and the like.
      if (!inner.name.startsWith(".")) files.push(...(await filesOfEntry(inner)));
    }
  }
}
