/** The files of a drop, those in dropped folders too. */

const JUNK = ["thumbs.db", "desktop.ini"];

/** Where in its folder a dropped file lay. @type {WeakMap<File, string>} */
const paths = new WeakMap();

/**
 * @param {File} file
 * @returns {string} its place in the folder that was chosen; nothing if it was chosen by itself
 */
export function pathOf(file) {
  return paths.get(file) || file.webkitRelativePath;
}

/**
 * Tell what systems put beside pictures: .DS_Store, Thumbs.db and the like.
 *
 * @param {string} name
 */
export function isJunk(name) {
  return name.startsWith(".") || JUNK.includes(name.toLowerCase());
}

/**
 * Read a drop. What cannot be read stops nothing else.
 *
 * @param {DataTransfer} transfer
 * @returns {Promise<{files: File[], unread: string[]}>} and the names of what could not be read
 */
export async function filesOf(transfer) {
  // Both lists are emptied as soon as this event is over: read them first.
  const files = [...transfer.files];
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry?.())
    .filter((entry) => entry !== null && entry !== undefined);
  if (!entries.some((entry) => entry.isDirectory)) return { files, unread: [] };
  /** @type {string[]} */
  const unread = [];
  const found = [];
  for (const entry of entries) found.push(...(await filesIn(entry, unread)));
  return { files: found, unread };
}

/**
 * @param {FileSystemEntry} entry
 * @param {string[]} unread
 * @returns {Promise<File[]>}
 */
async function filesIn(entry, unread) {
  try {
    if (!entry.isDirectory) {
      const file = await fileOf(/** @type {FileSystemFileEntry} */ (entry));
      paths.set(file, entry.fullPath.replace(/^\//, ""));
      return [file];
    }
    const found = [];
    const inside = await entriesOf(/** @type {FileSystemDirectoryEntry} */ (entry), unread);
    for (const inner of inside) {
      if (!isJunk(inner.name)) found.push(...(await filesIn(inner, unread)));
    }
    return found;
  } catch {
    unread.push(entry.name);
    return [];
  }
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File>}
 */
function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/**
 * @param {FileSystemDirectoryEntry} entry
 * @param {string[]} unread
 * @returns {Promise<FileSystemEntry[]>} what could be read of it
 */
async function entriesOf(entry, unread) {
  const reader = entry.createReader();
  const found = [];
  try {
    for (;;) {
      /** @type {FileSystemEntry[]} */
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!some.length) return found; // a browser gives a hundred at a time
      found.push(...some);
    }
  } catch {
    unread.push(entry.name);
    return found;
  }
}
