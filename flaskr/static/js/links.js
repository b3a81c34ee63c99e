/**
 * Links in the form that the person has chosen. The server writes every form;
 * this shows the chosen one, lets another be chosen, and copies many at once.
 */

import { announce } from "./announce.js";
import { say, writeText } from "./copy.js";
import { fill } from "./text.js";
import { localiseTimes } from "./times.js";

/**
 * @typedef {object} Card what the server tells of an upload
 * @property {string} name
 * @property {string} url
 * @property {Record<string, string>} links the link in each form
 */

/** @type {WeakMap<Element, Card>} by the element that shows it */
const cards = new WeakMap();

/** @type {WeakSet<Card>} copied without being asked to, which is enough once */
const copiedBefore = new WeakSet();

/**
 * Make the switch work on this page at once; without script it is a form.
 *
 * @param {Document} root
 */
export function watchLinks(root) {
  const form = findSwitch();
  form?.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    choose(form, button);
  });
  form?.addEventListener("change", (event) => {
    const box = event.target;
    if (box instanceof HTMLInputElement) save(form, box.name, box.checked ? "1" : "0");
  });
  root.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const button = event.target.closest("[data-copy-all]");
    if (button instanceof HTMLElement) copyAll(button);
  });
}

/**
 * @param {Card} card
 * @param {string} [form] default: the chosen one
 */
export function linkText(card, form = findSwitch()?.dataset.form ?? "url") {
  return card.links[form] ?? card.url;
}

/**
 * Show a card's link in an empty element of the page, with its copy button. It
 * follows the switch from then on.
 *
 * @param {HTMLElement} slot
 * @param {Card} card
 */
export function showLink(slot, card) {
  const template = document.querySelector("template[data-link-row]");
  if (!(template instanceof HTMLTemplateElement)) return;
  const row = template.content.cloneNode(true);
  slot.replaceChildren(row);
  const texts = template.dataset;
  const { name } = card;
  slot.querySelector("[data-select]")?.setAttribute("aria-label", fill(texts.textLink, { name }));
  slot.querySelector("[data-copy]")?.setAttribute("aria-label", fill(texts.textCopy, { name }));
  slot.toggleAttribute("data-link-card", true);
  cards.set(slot, card);
  draw(slot);
}

/**
 * Copy the links of the cards that are new below `scope`, if the person wants
 * that to go by itself. Where the browser refuses, the `copy all` button is
 * shown; when the window is entered again, it is tried once more.
 *
 * @param {HTMLElement} scope
 * @returns {Promise<"off" | "copied" | "refused">}
 */
export async function copyArrived(scope) {
  const box = findSwitch()?.elements.namedItem("copy_links");
  const button = scope.querySelector("[data-copy-all]");
  if (!(box instanceof HTMLInputElement) || !box.checked) return "off";
  if (!(button instanceof HTMLElement)) return "off";
  const news = [...scope.querySelectorAll("[data-link-card]")]
    .map((slot) => cards.get(slot))
    .filter((card) => card !== undefined && !copiedBefore.has(card));
  if (!news.length) return "off";

  const copy = async () => {
    const copied = await writeText(news.map((card) => linkText(card)).join("\n"));
    if (copied) for (const card of news) copiedBefore.add(card);
    if (!copied) button.hidden = false;
    tell(button, copied);
    return copied;
  };
  if (await copy()) return "copied";
  window.addEventListener("focus", copy, { once: true });
  return "refused";
}

/** @returns {HTMLFormElement | null} */
function findSwitch() {
  return document.querySelector("form[data-link-switch]");
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} chosen
 */
async function choose(form, chosen) {
  const before = form.dataset.form ?? "url";
  show(chosen.value);
  const page = await save(form, chosen.name, chosen.value);
  // By now, another one may have been chosen.
  if (form.dataset.form !== chosen.value) return;
  if (!page) {
    show(before);
    return;
  }
  for (const list of document.querySelectorAll("[data-links-list]")) {
    const renewed = page.getElementById(list.id);
    if (!renewed) continue;
    list.replaceWith(renewed);
    localiseTimes(renewed);
  }
  announce(fill(form.dataset.textShown, { form: chosen.textContent?.trim() ?? "" }));

  /** @param {string} value */
  function show(value) {
    form.dataset.form = value;
    for (const button of form.querySelectorAll("button[name=link_form]")) {
      const pressed = button instanceof HTMLButtonElement && button.value === value;
      button.setAttribute("aria-pressed", String(pressed));
    }
    for (const slot of document.querySelectorAll("[data-link-card]")) draw(slot);
  }
}

/**
 * Let the server remember a choice.
 *
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {string} value
 * @returns {Promise<Document | undefined>} this page as it is now
 */
async function save(form, name, value) {
  const body = new FormData();
  body.set("next", String(new FormData(form).get("next") ?? ""));
  body.set(name, value);
  const meta = document.querySelector('meta[name="csrf-token"]');
  const headers = { "X-CSRFToken": meta?.getAttribute("content") ?? "", Accept: "text/html" };
  const error = /** @type {HTMLElement} */ (form.querySelector("[data-error]"));
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers });
    if (!answer.ok || new URL(answer.url).pathname.startsWith("/auth/")) throw new Error();
    error.hidden = true;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    error.textContent = form.dataset.textFailed ?? "";
    error.hidden = false;
    return undefined;
  }
}

/** @param {Element} slot */
function draw(slot) {
  const card = cards.get(slot);
  if (!card) return;
  const text = linkText(card);
  const field = slot.querySelector("[data-select]");
  if (field instanceof HTMLInputElement) field.value = text;
  const button = slot.querySelector("[data-copy]");
  if (button instanceof HTMLElement) button.dataset.copy = text;
}

/** @param {ParentNode} scope */
function linksIn(scope) {
  return [...scope.querySelectorAll("[data-select]")].map((field) =>
    field instanceof HTMLInputElement ? field.value : "",
  );
}

/** @param {HTMLElement} button */
async function copyAll(button) {
  const scope = button.closest("[data-links]");
  if (!scope) return;
  tell(button, await writeText(linksIn(scope).join("\n")));
}

/**
 * @param {HTMLElement} button
 * @param {boolean} copied
 */
function tell(button, copied) {
  say(button, copied);
  announce((copied ? button.dataset.textCopied : button.dataset.textRefused) ?? "");
}
