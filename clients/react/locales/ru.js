// The element's sentences: those of its first look, and the rest.

import first from "otklik-client/locales/ru.js";
import later from "otklik-client/locales/ru.later.js";

export default { ...first, ...later };
