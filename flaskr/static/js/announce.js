/**
 * Say something to people who listen instead of look.
 *
 * @param {string} text
 */
export function announce(text) {
  const region = document.getElementById("announcer");
  if (!region) return;
  region.textContent = ""; // the same text again would be no change, and not be read
  requestAnimationFrame(() => {
    region.textContent = text;
  });
}
