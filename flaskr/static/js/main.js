/** What every page has: copy buttons, menus, search, times. */

import { watchCopying } from "./copy.js";
import { watchMenus } from "./menu.js";
import { watchSearch } from "./search.js";
import { localiseTimes } from "./times.js";

watchCopying(document);
watchMenus(document);
watchSearch(document);
localiseTimes(document);
