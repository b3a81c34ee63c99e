/** What every page has: copy buttons and menus. */

import { watchCopying } from "./copy.js";
import { watchMenus } from "./menu.js";

watchCopying(document);
watchMenus(document);
