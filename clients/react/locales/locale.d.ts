import type { WordTable } from "../index.js";

declare const words: WordTable;
export default words;
