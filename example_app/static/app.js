// The script of every page. The parts look for what they serve on the page, and leave the rest alone.

import { followTheme } from "./host.js";
import "./lists.js";
import "./settings.js";
import "./confirm.js";

followTheme();
