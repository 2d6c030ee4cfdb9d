// The one line that a page needs: it loads the element. The server fills in the folder that is named by what it holds,
// which browsers keep for good, and what of it is needed at first, so that all of that comes in one round trip.
const base = new URL("__OTKLIK__", import.meta.url);
const root = document.documentElement;
const lang = document.querySelector("otklik-comments")?.closest("[lang]")?.getAttribute("lang") ?? root.lang;
for (const path of [...__MODULES__, `locales/${/^ru\b/i.test(lang) ? "ru" : "en"}.js`]) {
  const link = document.createElement("link");
  link.rel = "modulepreload";
  link.href = new URL(path, base).href;
  document.head.append(link);
}
import(new URL("element/element.js", base).href);
