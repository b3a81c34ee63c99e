/** Times in the reader's own zone; the server writes them in UTC. */

const STYLES = {
  date: { dateStyle: "medium" },
  datetime: { dateStyle: "medium", timeStyle: "short" },
};

/** @param {ParentNode} root */
export function localiseTimes(root) {
  const language = document.documentElement.lang;
  for (const element of root.querySelectorAll("time[data-local]")) {
    const style = STYLES[/** @type {"date" | "datetime"} */ (element.getAttribute("data-local"))];
    const moment = new Date(element.getAttribute("datetime") ?? "");
    if (!style || Number.isNaN(moment.getTime())) continue;
    element.textContent = new Intl.DateTimeFormat(
      language,
      /** @type {Intl.DateTimeFormatOptions} */ (style),
    ).format(moment);
  }
}
