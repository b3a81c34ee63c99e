import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";

import { Phone } from "./phone.js";

const require = createRequire(import.meta.url);

export const TEXTS = {
  zh: require("../../examples/miniprogram/i18n/zh.js"),
  en: require("../../examples/miniprogram/i18n/en.js"),
};

/** A file of the folder that the test was given, for a person to choose. */
export function picture(name) {
  const bytes = readFileSync(path.join(process.env.PICTURES, name));
  return { bytes, extension: name.split(".").pop(), name };
}

export const md5 = (bytes) => createHash("md5").update(bytes).digest("hex");

let people = 0;

/** The phone of somebody who was never here, unless `person` says who; the program is started. */
export function newPhone(common, { person, settings, ...options } = {}) {
  people += 1;
  const phone = new Phone({ timeout: 20_000, ...common, ...settings }, options);
  phone.person = person ?? `${process.pid}-${people}`;
  return phone.launch();
}
