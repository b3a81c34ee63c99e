/** The page of one picture: a closer look, the ways to those beside it, what looks like it. */

import { fill } from "../text.js";
import { fetchAhead, watchKeys, watchSwipes } from "./ways.js";
import { watchZoom } from "./zoom.js";

const frame = document.querySelector("[data-zoom]");
if (frame instanceof HTMLAnchorElement) {
  watchZoom(frame);
  watchSwipes(frame);
}
watchKeys(document);
fetchAhead(document);
countSimilar();

/** Say how many look like it, once there is nothing else to do: a large library takes a while. */
async function countSimilar() {
  const link = document.querySelector("[data-similar]");
  if (!(link instanceof HTMLAnchorElement)) return;
  if (/** @type {any} */ (navigator).connection?.saveData) return;
  await new Promise((done) => (window.requestIdleCallback ?? window.setTimeout)(done));
  try {
    const answer = await fetch(link.href, { headers: { Accept: "application/json" }, priority: "low" });
    if (!answer.ok) return;
    const { count } = await answer.json();
    const texts = link.dataset;
    const text = link.querySelector("span");
    if (count && text) text.textContent = fill(count === 1 ? texts.textOne : texts.textMany, { count });
  } catch {
    // The link leads there all the same.
  }
}
