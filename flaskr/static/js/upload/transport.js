/**
 * Send one file. XMLHttpRequest, because only it tells how many bytes of a
 * body have gone out.
 */

import { fill } from "../text.js";

/**
 * @typedef {object} Answer
 * @property {{path: string, shown: string, name: string, key: string}[]} files
 * @property {string} redirect
 *
 * @typedef {object} Target
 * @property {string} url
 * @property {string} [batch] uploads with the same batch are listed together
 * @property {() => string} [keep] how to keep it: `share` or `backup`
 * @property {DOMStringMap} texts `network` and `unexpected`, as `data-text-…`
 */

/**
 * @param {Target} target
 * @param {File} file
 * @param {(fraction: number) => void} onProgress 0…1 of the body sent
 * @returns {Promise<Answer>} rejects with an Error whose message can be shown
 */
export function send(target, file, onProgress) {
  const body = new FormData();
  if (target.batch) body.append("batch", target.batch);
  if (target.keep) body.append("keep", target.keep());
  body.append("file", file);

  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", target.url);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.upload.addEventListener("load", () => onProgress(1));
    request.addEventListener("load", () => {
      const answer = request.response;
      if (request.status === 201 && answer?.files?.length) {
        resolve(answer);
        return;
      }
      const message = answer?.errors?.[0]?.message ?? answer?.error?.message;
      reject(new Error(message || fill(target.texts.textUnexpected, { status: request.status })));
    });
    const broken = () => reject(new Error(fill(target.texts.textNetwork)));
    request.addEventListener("error", broken);
    request.addEventListener("abort", broken);
    request.addEventListener("timeout", broken);
    request.send(body);
  });
}

function csrfToken() {
  const meta = document.querySelector('meta[name="csrf-token"]');
  return meta instanceof HTMLMetaElement ? meta.content : "";
}
