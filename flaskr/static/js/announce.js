/**
 * Say something to people who listen instead of look.
 *
 * @param {string} text
 */
export function announce(text) {
  const region = document.getElementById("announcer");
  if (region) region.textContent = text;
}
