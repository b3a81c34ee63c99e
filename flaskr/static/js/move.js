/** Moves Markdown without leaving the page, and shows how far it is. */

import { announce } from "./announce.js";
import { fill } from "./text.js";

/** @typedef {{done?: number, total?: number, name?: string, pictures?: number, page?: string,
 *   error?: {message: string}}} Line */

const MARKDOWN = /\.(md|markdown|mdown|mkd|mdx)$/i;

const inFolder = (/** @type {File} */ file) => file.webkitRelativePath !== "";

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-move]"));
if (form) watch(form);

/** @param {HTMLFormElement} form */
function watch(form) {
  const texts = form.dataset;
  const part = (/** @type {string} */ name) =>
    /** @type {HTMLElement} */ (form.querySelector(`[data-${name}]`));
  const bar = /** @type {HTMLProgressElement} */ (form.querySelector("progress"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector(".button--primary"));
  const stop = part("stop");
  /** @type {XMLHttpRequest | null} */
  let running = null;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  stop.addEventListener("click", () => running?.abort());
  window.addEventListener("beforeunload", (event) => {
    if (running) event.preventDefault();
  });

  function send() {
    const request = new XMLHttpRequest();
    running = request;
    show(true);
    part("problem").replaceChildren();
    let read = 0;
    /** @type {Line} */
    let last = {};
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      const percent = total ? Math.floor((100 * loaded) / total) : 0;
      draw(percent, fill(texts.textSending, { percent }), "");
    });
    request.upload.addEventListener("load", () => draw(0, texts.textReading ?? "", ""));
    const readOn = () => {
      const lines = request.responseText.slice(read).split("\n");
      const rest = lines.pop() ?? "";
      read = request.responseText.length - rest.length;
      for (const line of lines) {
        last = JSON.parse(line);
        if (last.total) tell(last);
      }
    };
    request.addEventListener("progress", () => {
      if (request.status === 200) readOn();
    });
    request.addEventListener("load", () => {
      if (request.status === 200) readOn();
      end(request.status === 200 ? last : answerOf(request));
    });
    request.addEventListener("error", () => end({ error: { message: texts.textFailed ?? "" } }));
    request.addEventListener("abort", () => end({}));
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/x-ndjson");
    request.send(chosen());
  }

  /** @returns {FormData} the form; of a folder only what is Markdown or a picture */
  function chosen() {
    const data = new FormData(form);
    const folder = /** @type {HTMLInputElement} */ (part("folder"));
    if (!folder.files?.length) return data;
    const alone = data.getAll("file").filter((file) => !inFolder(/** @type {File} */ (file)));
    data.delete("file");
    for (const file of alone) data.append("file", file);
    for (const file of folder.files) {
      const path = file.webkitRelativePath;
      const hidden = path.split("/").some((name) => name.startsWith("."));
      if (!hidden && (file.type.startsWith("image/") || MARKDOWN.test(path))) {
        data.append("file", file, path);
      }
    }
    return data;
  }

  /** @param {Line} line */
  function tell({ done = 0, total = 1, name = "", pictures = 0 }) {
    draw((100 * done) / total, fill(texts.textWorking, { done, total, pictures }), name);
  }

  /** @param {Line} last what the answer ended with */
  function end(last) {
    running = null;
    show(false);
    if (last.page && !last.error) {
      window.location.assign(last.page);
      return;
    }
    if (last.error) complain(last.error.message, last.page);
  }

  /**
   * @param {string} message
   * @param {string} [page] what was done before it went wrong
   */
  function complain(message, page) {
    const template = /** @type {HTMLTemplateElement} */ (
      document.querySelector("[data-problem-template]")
    );
    const notice = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    const words = /** @type {HTMLElement} */ (notice.querySelector("p"));
    words.textContent = message;
    if (page) {
      const link = document.createElement("a");
      link.href = page;
      link.textContent = page;
      words.append(" ", link);
    }
    part("problem").replaceChildren(notice);
  }

  /** @param {boolean} busy */
  function show(busy) {
    part("progress").hidden = !busy;
    stop.hidden = !busy;
    button.disabled = busy;
  }

  /**
   * @param {number} percent
   * @param {string} line
   * @param {string} name
   */
  function draw(percent, line, name) {
    const first = part("line").textContent === "";
    bar.value = percent;
    part("line").textContent = line;
    part("name").textContent = name;
    if (first) announce(line);
  }

  /**
   * @param {XMLHttpRequest} request
   * @returns {Line} what a request was refused with
   */
  function answerOf(request) {
    try {
      return JSON.parse(request.responseText);
    } catch {
      return { error: { message: texts.textFailed ?? "" } };
    }
  }
}
