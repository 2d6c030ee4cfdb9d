import { useState } from "react";
import { Comments, OtklikProvider } from "otklik-react";
import en from "otklik-react/locales/en.js";
import ru from "otklik-react/locales/ru.js";
import { Pulse } from "./Pulse";

/** The page of the server's own demo: what is written here shows there, too. */
const PAGE = "demo";

const LANGUAGES = {
  en: { name: "English", words: en },
  ru: { name: "Русский", words: ru },
};

export function App({ url }: { url: string }) {
  const [locale, setLocale] = useState<keyof typeof LANGUAGES>("en");
  return (
    <OtklikProvider url={url} locale={locale} words={LANGUAGES[locale].words}>
      <div className="page" lang={locale}>
        <header className="intro" lang="en">
          <p className="brand">Otklik · React</p>
          <h1>Comments that are live</h1>
          <p>
            Open this page in a second window and put the two side by side. Sign up with any name, write or like
            something: it shows in the other window at once.
          </p>
          <Pulse page={PAGE} />
        </header>
        <main>
          <Comments page={PAGE} />
        </main>
        <footer className="foot">
          {Object.entries(LANGUAGES).map(([tag, { name }]) => (
            <button
              key={tag}
              type="button"
              lang={tag}
              aria-pressed={tag === locale}
              onClick={() => setLocale(tag as keyof typeof LANGUAGES)}
            >
              {name}
            </button>
          ))}
        </footer>
      </div>
    </OtklikProvider>
  );
}
