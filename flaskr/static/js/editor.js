/**
 * Pictures in the editor of a post: dropped, pasted or picked, they are uploaded
 * and their Markdown link takes the place of a placeholder at the cursor.
 */

import { announce } from "./announce.js";
import { watchCovers } from "./covers.js";
import { fill } from "./text.js";
import { checkBy } from "./upload/check.js";
import { watchDrops, watchPastes, watchPicks } from "./upload/dropzone.js";
import { UploadQueue } from "./upload/queue.js";
import { post } from "./upload/transport.js";

for (const form of document.querySelectorAll("form[data-editor]")) {
  if (form instanceof HTMLFormElement) start(form);
}

/** @param {HTMLFormElement} form */
function start(form) {
  const texts = form.dataset;
  const field = /** @type {HTMLElement} */ (form.querySelector("[data-editor-field]"));
  const textarea = /** @type {HTMLTextAreaElement} */ (field.querySelector("textarea"));
  const picker = /** @type {HTMLInputElement} */ (field.querySelector('input[type="file"]'));
  const status = /** @type {HTMLElement} */ (field.querySelector("[data-editor-status]"));
  const errors = /** @type {HTMLElement} */ (field.querySelector("[data-editor-errors]"));
  const errorTemplate = /** @type {HTMLTemplateElement} */ (
    form.querySelector("template[data-editor-error]")
  );

  const edit = editing(textarea);
  /** @type {Map<File, string>} */
  const placeholders = new Map();
  /** @type {WeakSet<File>} */
  const covers = new WeakSet();
  /** @type {HTMLElement | null | undefined} the button of a save that waits for the uploads */
  let saving;

  const target = { url: texts.uploadUrl ?? "", texts };
  const queue = new UploadQueue({
    send: (item, hooks) => post(target, item, hooks),
    check: checkBy(texts),
  });

  /** @param {File[]} files */
  const onFiles = (files) => {
    errors.replaceChildren();
    // Readers have to see it, whatever the account's choice is.
    queue.add(files.map((file) => ({ file, batch: texts.batch, keep: "share", visibility: "unlisted" })));
  };
  /** @param {string[]} names */
  const onUnread = (names) => {
    for (const name of names) showError(fill(texts.textUnread, { name }));
  };

  const offer = watchCovers(form, (files) => {
    for (const file of files) covers.add(file);
    onFiles(files);
  });

  queue.addEventListener("add", (event) => {
    const { file, state, reason } = /** @type {CustomEvent} */ (event).detail;
    if (state === "failed") showError(reason);
    else if (!covers.has(file)) insert(file);
  });
  queue.addEventListener("change", (event) => {
    const { file, state, reason, arrival } = /** @type {CustomEvent} */ (event).detail;
    if (arrival) offer(arrival.card, covers.has(file));
    if (arrival && !covers.has(file)) {
      replace(file, `![${altOf(file.name)}](${arrival.card.shown})`);
      announce(fill(texts.textInserted, { name: file.name }));
    }
    if (state === "failed") {
      replace(file, "");
      const named = reason.includes(file.name);
      showError(
        named ? reason : fill(texts.textFailed, { name: file.name, message: reason }),
      );
    }
    showProgress();
  });
  queue.addEventListener("settle", () => {
    const failed = queue.totals.failed > 0;
    queue.items.length = 0;
    showProgress();
    if (saving !== undefined && !failed) form.requestSubmit(saving);
    saving = undefined;
  });

  form.addEventListener("submit", (event) => {
    if (!queue.totals.active) return;
    event.preventDefault();
    saving = event.submitter;
    showProgress();
    announce(texts.textSaving ?? "");
  });

  watchDrops(field, { onFiles, onUnread });
  watchPastes(textarea, { onFiles });
  watchPicks(picker, onFiles);
  field.toggleAttribute("data-ready", true);

  /** @param {File} file */
  function insert(file) {
    const name = altOf(file.name);
    let placeholder = "";
    for (let n = 1; !placeholder || textarea.value.includes(placeholder); n += 1) {
      const numbered = n === 1 ? name : `${name} ${n}`;
      placeholder = `![${fill(texts.textPlaceholder, { name: numbered })}]()`;
    }
    placeholders.set(file, placeholder);
    edit.insert(placeholder);
  }

  /**
   * @param {File} file
   * @param {string} text
   */
  function replace(file, text) {
    const placeholder = placeholders.get(file);
    placeholders.delete(file);
    if (placeholder) edit.replaceText(placeholder, text);
  }

  function showProgress() {
    const { active, percent } = queue.totals;
    if (!active) status.textContent = status.dataset.textIdle ?? "";
    else if (saving !== undefined) status.textContent = texts.textSaving ?? "";
    else status.textContent = fill(texts.textProgress, { percent });
  }

  /** @param {string} message */
  function showError(message) {
    const copy = /** @type {DocumentFragment} */ (errorTemplate.content.cloneNode(true));
    const place = /** @type {HTMLElement} */ (copy.querySelector("[data-message]"));
    place.textContent = message;
    errors.append(copy);
  }
}

/**
 * A file's name as the description of its picture.
 *
 * @param {string} name
 */
function altOf(name) {
  return name.replace(/\.[^.]+$/, "").replace(/[\\[\]]/g, "\\$&");
}

/**
 * Edits that leave the cursor where the person has it, can be undone, and keep
 * out of the way of an input method: Chinese is typed by composing.
 *
 * @param {HTMLTextAreaElement} textarea
 */
function editing(textarea) {
  let composing = false;
  /** @type {(() => void)[]} */
  const later = [];
  textarea.addEventListener("compositionstart", () => {
    composing = true;
  });
  textarea.addEventListener("compositionend", () => {
    composing = false;
    // After the browser has put the composed text in.
    setTimeout(() => {
      for (const edit of later.splice(0)) edit();
    });
  });

  /**
   * @param {number} start
   * @param {number} end
   * @param {string} text
   */
  function replace(start, end, text) {
    const { selectionStart, selectionEnd, scrollTop } = textarea;
    /** @param {number} at */
    const moved = (at) => {
      if (at >= end) return at + text.length - (end - start);
      return Math.min(at, start + text.length);
    };
    const focused = document.activeElement === textarea;
    if (focused) textarea.setSelectionRange(start, end);
    // Only execCommand enters the browser's undo; it needs the focus.
    const command = text ? "insertText" : "delete";
    if (!focused || !document.execCommand(command, false, text)) {
      textarea.setRangeText(text, start, end, "preserve");
      textarea.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
    textarea.setSelectionRange(moved(selectionStart), moved(selectionEnd));
    textarea.scrollTop = scrollTop;
  }

  /** @param {() => void} edit */
  const whenIdle = (edit) => {
    if (composing || later.length) later.push(edit);
    else edit();
  };

  return {
    /** @param {string} text put in place of the selection, with the cursor behind it */
    insert(text) {
      whenIdle(() => {
        const { selectionStart: start, selectionEnd: end, value } = textarea;
        // Several pictures at once stand one below the other.
        const inserted = value.slice(0, start).endsWith("]()") ? `\n${text}` : text;
        replace(start, end, inserted);
        textarea.setSelectionRange(start + inserted.length, start + inserted.length);
      });
    },

    /**
     * @param {string} old replaced where it stands; nothing if it was deleted
     * @param {string} text
     */
    replaceText(old, text) {
      whenIdle(() => {
        const start = textarea.value.indexOf(old);
        if (start >= 0) replace(start, start + old.length, text);
      });
    },
  };
}
