/** What every page has: copy buttons, links, menus, times. */

import { watchCopying } from "./copy.js";
import { watchLinks } from "./links.js";
import { watchMenus } from "./menu.js";
import { localiseTimes } from "./times.js";

watchCopying(document);
watchLinks(document);
watchMenus(document);
localiseTimes(document);
