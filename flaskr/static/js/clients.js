/** The page that sets up a program: sends a test picture as the program would, and deletes it. */

import { request as ask } from "./upload/request.js";

/**
 * What the program sends; library/client_files says what each part is.
 *
 * @typedef {{path: string, link: string, headers: Record<string, string>, file_field: string,
 *   fields: Record<string, string>, template: string}} Sample
 */

const SIDE = 96;
const TIMEOUT_MS = 30_000;
const KEY_IN_LINK = /\/([0-9A-Za-z]+)\.[a-z0-9]+$/;

const trial = document.querySelector("[data-trial]");
const button = trial?.querySelector("[data-send]");
const remover = trial?.querySelector("[data-remove]");
if (trial instanceof HTMLElement && button instanceof HTMLButtonElement && remover instanceof HTMLButtonElement) {
  button.addEventListener("click", () => send(trial, button));
  remover.addEventListener("click", () => remove(trial, remover));
}

/**
 * @param {HTMLElement} trial
 * @param {HTMLButtonElement} button
 */
async function send(trial, button) {
  const texts = trial.dataset;
  const sample = /** @type {Sample} */ (JSON.parse(texts.sample ?? "{}"));
  button.disabled = true;
  show(trial, texts.textSending ?? "");
  try {
    const answer = await fetch(sample.path, await request(sample));
    const body = await answer.text();
    const link = answer.ok ? findLink(sample.link, body) : "";
    const picture = link ? await load(link) : null;
    const said = picture ? texts.textGood : link ? texts.textUnseen : texts.textBad;
    show(trial, said ?? "", readable(body), picture);
    if (link) offerRemoval(trial, link);
  } catch {
    show(trial, texts.textLost ?? "");
  }
  button.disabled = false;
}

/**
 * @param {HTMLElement} trial
 * @param {string} link to the test picture
 */
function offerRemoval(trial, link) {
  const remover = /** @type {HTMLButtonElement} */ (trial.querySelector("[data-remove]"));
  remover.value = KEY_IN_LINK.exec(new URL(link).pathname)?.[1] ?? "";
  remover.hidden = !remover.value;
}

/**
 * Deletes what was sent last, as the person whose page this is: the token may not be able to.
 *
 * @param {HTMLElement} trial
 * @param {HTMLButtonElement} remover
 */
async function remove(trial, remover) {
  const texts = trial.dataset;
  remover.disabled = true;
  try {
    const answer = await ask(`${texts.pictures}/${remover.value}/delete`, { method: "POST" });
    show(trial, (answer.ok ? texts.textRemoved : texts.textKept) ?? "");
  } catch {
    show(trial, texts.textKept ?? "");
  }
  remover.disabled = false;
  const button = /** @type {HTMLButtonElement} */ (trial.querySelector("[data-send]"));
  button.focus(); // the button that was pressed is gone
}

/**
 * Asks from here, whatever host the link names, and as somebody who is not logged in.
 *
 * @param {string} link
 * @returns {Promise<Blob | null>} the picture behind the link; null if others do not get it
 */
async function load(link) {
  const { pathname, search } = new URL(link);
  const answer = await fetch(pathname + search, {
    credentials: "omit",
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const isPicture = answer.headers.get("Content-Type")?.startsWith("image/");
  return answer.ok && isPicture ? answer.blob() : null;
}

/**
 * @param {string} body
 * @returns {string} the same, JSON on lines of its own and with its characters as they are read
 */
function readable(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/**
 * Without cookies: the token alone has to do.
 *
 * @param {Sample} sample
 * @returns {Promise<RequestInit>}
 */
async function request(sample) {
  const picture = await draw();
  /** @type {RequestInit} */
  const made = {
    method: "POST",
    headers: sample.headers,
    credentials: "omit",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  };
  if (sample.template) {
    const bytes = new Uint8Array(await picture.arrayBuffer());
    const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    return { ...made, body: sample.template.replace("{bits}", text) };
  }
  const form = new FormData();
  for (const [name, text] of Object.entries(sample.fields)) form.append(name, text);
  form.append(sample.file_field, picture, "test.png");
  return { ...made, body: form };
}

/** @returns {Promise<Blob>} a picture that nobody has yet */
function draw() {
  const canvas = document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const hue = Math.random() * 360;
  context.fillStyle = `hsl(${hue}deg 70% 55%)`;
  context.fillRect(0, 0, SIDE, SIDE);
  context.fillStyle = `hsl(${hue + 120}deg 70% 75%)`;
  context.arc(SIDE * Math.random(), SIDE * Math.random(), SIDE / 3, 0, 2 * Math.PI);
  context.fill();
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))));
  });
}

/**
 * @param {string} path
 * @param {string} body
 * @returns {string} the link that the program would take out of the answer, if there is one
 */
function findLink(path, body) {
  let found;
  if (path === "xml") {
    const answer = new DOMParser().parseFromString(body, "text/xml");
    const names = Array.from(answer.querySelectorAll("member > name"));
    const member = names.find((name) => name.textContent === "url")?.parentElement;
    found = member?.querySelector("value")?.textContent;
  } else if (path === "") {
    found = body;
  } else {
    try {
      found = path.split(".").reduce((part, name) => part?.[name], JSON.parse(body));
    } catch {
      found = "";
    }
  }
  const link = String(found ?? "").trim();
  return /^https?:\/\//.test(link) ? link : "";
}

/**
 * What was shown before is gone, and so is the way to delete it.
 *
 * @param {HTMLElement} trial
 * @param {string} said
 * @param {string} [body]
 * @param {Blob | null} [picture]
 */
function show(trial, said, body = "", picture = null) {
  const told = /** @type {HTMLElement} */ (trial.querySelector("[data-said]"));
  const text = /** @type {HTMLElement} */ (trial.querySelector("[data-body]"));
  const shown = /** @type {HTMLImageElement} */ (trial.querySelector("[data-picture]"));
  const remover = /** @type {HTMLButtonElement} */ (trial.querySelector("[data-remove]"));
  told.textContent = said;
  told.hidden = false;
  text.textContent = body;
  text.hidden = !body;
  remover.hidden = true;
  URL.revokeObjectURL(shown.src);
  shown.hidden = !picture;
  if (picture) shown.src = URL.createObjectURL(picture);
}
