/** The form that says what a picture is: tags are suggested, moments are in one's own zone. */

import { watchSuggestions } from "../suggest.js";
import { watchMoment } from "./moment.js";

watchSuggestions(document);
for (const field of document.querySelectorAll("input[data-utc]")) {
  if (field instanceof HTMLInputElement) watchMoment(field);
}
