/** A moment that the server writes and reads in UTC, shown in the zone of whoever reads it. */

const MINUTE_MS = 60_000;
const LENGTH = "2026-11-21T12:00".length;

/** @param {HTMLInputElement} field with a hidden one beside it that says how far it is from UTC */
export function watchMoment(field) {
  const offset = field.parentElement?.querySelector("[data-offset]");
  if (!(offset instanceof HTMLInputElement)) return;
  const moment = new Date(`${field.defaultValue}Z`);
  // A browser that has filled in the form again has what was typed here before.
  if (!Number.isNaN(moment.getTime()) && field.value === field.defaultValue) {
    const shift = moment.getTimezoneOffset() * MINUTE_MS;
    field.value = new Date(moment.getTime() - shift).toISOString().slice(0, LENGTH);
  }
  const note = field.form?.querySelector("[data-utc-note]");
  if (note instanceof HTMLElement) note.hidden = true;
  const tell = () => {
    const typed = new Date(field.value);
    offset.value = Number.isNaN(typed.getTime()) ? "0" : String(typed.getTimezoneOffset());
  };
  field.form?.addEventListener("submit", tell);
}
