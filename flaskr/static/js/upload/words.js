/** Times and speeds for people, in the language of the page. */

import { filesize } from "../text.js";

const MINUTE = 60;
const HOUR = 3600;

/**
 * @param {number} seconds
 * @returns {string} 12 seconds, 5 minutes, 2 hours
 */
export function duration(seconds) {
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole <= 90) return unit(whole, "second");
  if (whole < 90 * MINUTE) return unit(Math.ceil(whole / MINUTE), "minute");
  return unit(Math.ceil(whole / HOUR), "hour");
}

/**
 * @param {number} bytesPerSecond
 * @returns {string} 1.2 MB/s
 */
export function speed(bytesPerSecond) {
  return `${filesize(Math.round(bytesPerSecond))}/s`;
}

/**
 * @param {number} moment milliseconds
 * @returns {string} 16:05
 */
export function timeOfDay(moment) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short" }).format(moment);
}

/**
 * @param {number} number
 * @param {string} name
 */
function unit(number, name) {
  return new Intl.NumberFormat(document.documentElement.lang, {
    style: "unit",
    unit: name,
    unitDisplay: "long",
  }).format(number);
}
