/** What every page has: copy buttons, links, menus, search, times. */

import { watchCopying } from "./copy.js";
import { watchLinks } from "./links.js";
import { watchMenus } from "./menu.js";
import { watchSearch } from "./search.js";
import { localiseTimes } from "./times.js";

watchCopying(document);
watchLinks(document);
watchMenus(document);
watchSearch(document);
localiseTimes(document);
