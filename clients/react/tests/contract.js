// What index.d.ts and server.d.ts promise is what the modules are. Only the type checker reads this file.

import * as main from "../src/index.js";
import * as server from "../src/server.js";
import en from "../locales/en.js";
import ru from "../locales/ru.js";

/** @type {typeof import("../index.js")} */
export const promised = main;
/** @type {typeof import("../server.js")} */
export const promised_of_server = server;
/** @type {import("../index.js").WordTable[]} */
export const tables = [en, ru];
