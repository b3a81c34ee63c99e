/** What every page has: copy buttons, menus, times. */

import { watchCopying } from "./copy.js";
import { watchMenus } from "./menu.js";
import { localiseTimes } from "./times.js";

watchCopying(document);
watchMenus(document);
localiseTimes(document);
