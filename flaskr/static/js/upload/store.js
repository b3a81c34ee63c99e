/**
 * What is not sent yet, kept in the browser (IndexedDB) through a crash or a closed tab.
 *
 * Facts and files lie apart: writing a file again, whenever a fact changes, would copy it. Every
 * entry belongs to one person and, as long as that lives, to one tab.
 */

const NAME = "tuchuang-uploads";
const VERSION = 1;
const OLDEST_MS = 7 * 24 * 3600 * 1000;

/**
 * @typedef {object} Entry
 * @property {string} id
 * @property {string} user whose upload it is
 * @property {string} tab which page sends it
 * @property {number} added milliseconds
 * @property {number} order among those added in the same moment
 * @property {Record<string, unknown>} facts
 */

/** Every method rejects where the browser refuses to keep anything: in private windows, or if its disk is full. */
export class Store {
  /** @type {Promise<IDBDatabase> | null} */
  #opened = null;

  /**
   * @param {Entry} entry
   * @param {File | null} file
   */
  put(entry, file) {
    return this.#write(["entries", "files"], (entries, files) => {
      entries.put(entry);
      if (file) files.put({ id: entry.id, file });
    });
  }

  /**
   * @param {string} id
   * @param {Record<string, unknown>} facts those that changed
   * @param {File | null} file in place of the one that was put there, if it is another now
   */
  update(id, facts, file) {
    return this.#write(file ? ["entries", "files"] : ["entries"], (entries, files) => {
      get(entries, id, (entry) => {
        if (!entry) return;
        entries.put({ ...entry, facts: { ...entry.facts, ...facts } });
        if (file) files.put({ id, file });
      });
    });
  }

  /** @param {string} id */
  remove(id) {
    return this.#write(["entries", "files"], (entries, files) => {
      entries.delete(id);
      files.delete(id);
    });
  }

  /**
   * Make a person's files this tab's, as far as they are free. What has lain there for a week is
   * forgotten, whoever it belongs to.
   *
   * @param {string} user
   * @param {string} tab
   * @param {(entry: Entry) => boolean} isFree
   * @returns {Promise<{entry: Entry, file: File | null}[]>} in the order they were added
   */
  async adopt(user, tab, isFree) {
    /** @type {{entry: Entry, file: File | null}[]} */
    const adopted = [];
    await this.#write(["entries", "files"], (entries, files) => {
      entries.getAll().onsuccess = (event) => {
        for (const entry of /** @type {IDBRequest<Entry[]>} */ (event.target).result) {
          if (entry.added < Date.now() - OLDEST_MS) {
            entries.delete(entry.id);
            files.delete(entry.id);
          } else if (entry.user === user && isFree(entry)) {
            entries.put({ ...entry, tab });
            get(files, entry.id, (kept) => adopted.push({ entry, file: kept?.file ?? null }));
          }
        }
      };
    });
    return adopted.sort((a, b) => a.entry.added - b.entry.added || a.entry.order - b.entry.order);
  }

  /**
   * @param {string} id
   * @returns {Promise<string>} whose tab it is; nothing if it is not kept
   */
  async tabOf(id) {
    let tab = "";
    await this.#write(["entries"], (entries) => {
      get(entries, id, (entry) => {
        tab = entry?.tab ?? "";
      });
    });
    return tab;
  }

  /**
   * Say that a tab lives, and hear which do.
   *
   * @param {string} tab
   * @param {number} patience milliseconds after which one that said nothing is dead
   * @returns {Promise<Set<string>>}
   */
  async beat(tab, patience) {
    /** @type {Set<string>} */
    const alive = new Set();
    await this.#write(["tabs"], (tabs) => {
      tabs.put({ tab, seen: Date.now() });
      tabs.getAll().onsuccess = (event) => {
        for (const other of /** @type {IDBRequest} */ (event.target).result) {
          if (other.seen > Date.now() - patience) alive.add(other.tab);
          else tabs.delete(other.tab);
        }
      };
    });
    return alive;
  }

  /** @param {string} tab that ends */
  leave(tab) {
    return this.#write(["tabs"], (tabs) => {
      tabs.delete(tab);
    });
  }

  /**
   * @param {string[]} names
   * @param {(...stores: IDBObjectStore[]) => void} work
   * @returns {Promise<void>} once it is written
   */
  async #write(names, work) {
    this.#opened ??= open();
    const database = await this.#opened;
    await new Promise((resolve, reject) => {
      const transaction = database.transaction(names, "readwrite");
      transaction.oncomplete = () => resolve(undefined);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
      work(...names.map((name) => transaction.objectStore(name)));
    });
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("entries", { keyPath: "id" });
      request.result.createObjectStore("files", { keyPath: "id" });
      request.result.createObjectStore("tabs", { keyPath: "tab" });
    };
    request.onsuccess = () => {
      // Another version of this page wants to change it: don't stand in the way.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

/**
 * @param {IDBObjectStore} store
 * @param {string} key
 * @param {(found: any) => void} then
 */
function get(store, key, then) {
  const request = store.get(key);
  request.onsuccess = () => then(request.result);
}
