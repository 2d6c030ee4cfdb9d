// The demo page: two readers of one page, each with a connection and a sign-in of their own, and the tag to copy.

/** What the page says in Russian; English stands in the page itself. */
const RUSSIAN = {
  title: "Живые комментарии на вашем собственном сервере",
  intro: "Два читателя одной страницы. Напишите или оцените что-нибудь с одной стороны и посмотрите на другую.",
  left: "Один читатель",
  right: "Другой читатель",
  embed: "На ваших страницах",
  how: "Один тег там, где нужны комментарии. У каждого имени страницы они свои; страницу создаёт первый комментарий.",
  copy: "Скопировать",
  copied: "Скопировано",
  origins: "Если у вашего сайта другой адрес, чем у этого сервера, назовите его в настройке server.allowed_origins.",
};

const russian = new URLSearchParams(location.search).get("lang") === "ru";
if (russian) speakRussian();
fillTag();
for (const place of document.querySelectorAll("[data-reader]")) void open(place);

/** A storage that shares the browser's with others, under a name of its own. Where there is none, nothing is kept. */
class Shelf {
  #name;
  constructor(name) {
    this.#name = `${name}/`;
  }

  get #keys() {
    return Object.keys(localStorage).filter((key) => key.startsWith(this.#name));
  }

  get length() {
    return this.#keys.length;
  }

  key(at) {
    return this.#keys[at]?.slice(this.#name.length) ?? null;
  }

  getItem(key) {
    return localStorage.getItem(this.#name + key);
  }

  setItem(key, value) {
    localStorage.setItem(this.#name + key, value);
  }

  removeItem(key) {
    localStorage.removeItem(this.#name + key);
  }
}

function shelf(name) {
  try {
    return localStorage && new Shelf(name);
  } catch {
    return null;
  }
}

async function open(place) {
  const { createClient } = await customElements.whenDefined("otklik-comments");
  const comments = document.createElement("otklik-comments");
  comments.client = createClient({ url: location.origin, environment: { storage: shelf(place.dataset.reader) } });
  comments.setAttribute("page", "demo");
  place.append(comments);
}

function fillTag() {
  const tag = document.querySelector("#tag");
  const copy = document.querySelector("#copy");
  tag.textContent = tag.textContent.replace("https://comments.example", location.origin);
  copy.addEventListener("click", async () => {
    const said = copy.textContent;
    // Where the clipboard is not allowed (plain http), the text is selected for the reader's own keys.
    await navigator.clipboard?.writeText(tag.textContent).catch(() => {});
    getSelection().selectAllChildren(tag);
    copy.textContent = russian ? RUSSIAN.copied : "Copied";
    setTimeout(() => { copy.textContent = said; }, 2_000);
  });
}

function speakRussian() {
  const other = document.querySelector("#language");
  document.documentElement.lang = "ru";
  document.title = `Otklik: ${RUSSIAN.title.toLowerCase()}`;
  for (const node of document.querySelectorAll("[data-words]")) node.textContent = RUSSIAN[node.dataset.words];
  Object.assign(other, { href: "?lang=en", lang: "en", hreflang: "en", textContent: "In English" });
}
