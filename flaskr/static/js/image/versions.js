/** Another content for a picture: dropped or chosen, it goes at once. */

const form = document.querySelector("form[data-replace]");
if (form instanceof HTMLFormElement) watch(form);

/** @param {HTMLFormElement} form */
function watch(form) {
  const field = /** @type {HTMLInputElement} */ (form.querySelector("input[type=file]"));

  form.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    form.toggleAttribute("data-over", true);
  });
  form.addEventListener("dragleave", (event) => {
    if (!form.contains(/** @type {Node | null} */ (event.relatedTarget))) form.removeAttribute("data-over");
  });
  form.addEventListener("drop", (event) => {
    const files = event.dataTransfer?.files;
    if (!files?.length) return;
    event.preventDefault();
    form.removeAttribute("data-over");
    field.files = files;
    form.requestSubmit();
  });
  form.addEventListener("submit", () => {
    const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
    const text = /** @type {HTMLElement} */ (button.querySelector("span"));
    text.textContent = form.dataset.textSending ?? "";
    button.disabled = true;
  });
  // Who comes back finds it as it was.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
}
