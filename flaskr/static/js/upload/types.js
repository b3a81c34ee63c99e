/**
 * What the modules of the upload hand each other. No page loads this file: its types are for people
 * and their editors.
 */

/**
 * `known`: it was here already, and `arrival` is what is there.
 *
 * @typedef {"waiting" | "sending" | "checking" | "paused" | "done" | "known" | "failed"} State
 *
 * @typedef {object} Card what the server tells of a picture; the README of the API has all of it
 * @property {string} key
 * @property {string} name
 * @property {string} url
 * @property {string} path
 * @property {string} page
 * @property {string} shown
 * @property {Record<string, string>} links
 *
 * @typedef {object} Arrival
 * @property {Card} card
 * @property {boolean} known whether the content was here already
 * @property {string} redirect where to go if this was the only file
 * @property {number} [left] how many more a drop box takes, if that is limited
 * @property {string} [room] the same, ready to show
 *
 * @typedef {object} Choices what is done to a picture before it is sent
 * @property {number} edge the longest side in pixels; 0: as it is
 * @property {boolean} webp whether screenshots become WebP
 *
 * @typedef {object} Draft what can be said of an item when it is added; all but a file or an
 *   address has a default
 * @property {File | null} [file]
 * @property {string} [address] of a picture that the server fetches
 * @property {string} [name]
 * @property {string} [path] inside the folder that was chosen
 * @property {string} [batch] pictures with the same batch are listed together
 * @property {number} [position] in the batch
 * @property {string} [keep] `share` or `backup`
 * @property {string} [visibility] who may see what is shared
 * @property {Choices} [choices]
 * @property {boolean} [restored] whether it is left from an earlier visit
 * @property {"waiting" | "paused"} [state]
 * @property {string} [reason] why it cannot be sent at all
 *
 * @typedef {object} Item
 * @property {string} id
 * @property {string} key the idempotency key: however often it is sent, one picture comes of it
 * @property {File | null} file
 * @property {boolean} prepared whether the choices have been applied to `file`
 * @property {string} address
 * @property {string} name
 * @property {string} path
 * @property {number} size bytes; 0 while unknown
 * @property {string} fingerprint the same for the same file, chosen twice
 * @property {string} batch
 * @property {number} position
 * @property {string} keep
 * @property {string} visibility
 * @property {Choices} choices
 * @property {boolean} restored
 * @property {State} state
 * @property {number} sent bytes sent so far
 * @property {string} reason why it failed, or what it waits for; ready to show
 * @property {string} note what is to be known of it, however it ends; ready to show
 * @property {boolean} retriable whether sending it again can help
 * @property {number} again when it is tried again by itself, in milliseconds
 * @property {number} tries how often it failed in a row
 * @property {string} resume where the server keeps what it has of it
 * @property {Arrival | null} arrival
 * @property {import("./rate.js").Rate} rate
 * @property {AbortController | null} stop
 * @property {"" | "cancelled" | "cleared" | "elsewhere"} gone why it is no longer in the list
 *
 * @typedef {object} Hooks
 * @property {AbortSignal} signal
 * @property {(sent: number) => void} onFound bytes that the server has from before
 * @property {(sent: number) => void} onProgress bytes out so far
 * @property {() => void} onSent nothing can be called back from here on; the server looks at it
 * @property {(address: string) => void} onPlace where the server keeps what it has
 * @property {() => void} onSaved what is out so far need not be sent again
 *
 * @typedef {object} Totals
 * @property {number} files
 * @property {number} done arrived, or known
 * @property {number} known
 * @property {number} failed
 * @property {number} retriable failed, but sending again may help
 * @property {number} paused
 * @property {number} active waiting, sending or checking
 * @property {number} bytes of all files that have not failed
 * @property {number} sent
 * @property {number} percent
 * @property {number} rate bytes a second
 *
 * @typedef {object} Means
 * @property {(item: Item, hooks: Hooks) => Promise<Arrival>} send sends one file; rejects with a Fault
 * @property {(item: Item) => string} [check] why a file needn't be sent at all, or ""
 * @property {(item: Item) => Promise<boolean>} [claim] whether this page may send it, and no other
 * @property {(arrival: Arrival) => Promise<boolean>} [isThere] whether an earlier arrival is there
 *   still; without it, every file is sent
 * @property {import("./gate.js").Gate} [gate] without it, nothing is tried again by itself
 */

export {};
