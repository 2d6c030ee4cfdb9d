// "12 comments" for every page of a list: <a href="…" data-otklik-page="post-42"></a>. One request for up to 100 pages,
// again when the reader comes back. A text of one's own: data-otklik-one="comment" data-otklik-other="comments".
const service = new URL(import.meta.url).origin;
const RUSSIAN = { one: "комментарий", few: "комментария", many: "комментариев", other: "комментария" };
const ENGLISH = { one: "comment", other: "comments" };

async function fill() {
  const places = [...document.querySelectorAll("[data-otklik-page]")];
  const pages = [...new Set(places.map((place) => place.dataset.otklikPage))];
  for (let at = 0; at < pages.length; at += 100) {
    const query = new URLSearchParams(pages.slice(at, at + 100).map((page) => ["page", page]));
    const answer = await fetch(`${service}/api/counts?${query}`).then((got) => got.json()).catch(() => ({}));
    const totals = new Map(answer.counts?.map(({ page, total }) => [page, total]));
    for (const place of places) {
      const { otklikPage, otklikOne, otklikOther } = place.dataset;
      if (totals.has(otklikPage)) write(place, totals.get(otklikPage), { one: otklikOne ?? otklikOther, other: otklikOther });
    }
  }
}

function write(place, n, own) {
  const lang = place.closest("[lang]")?.lang || "en";
  const russian = /^ru\b/i.test(lang);
  const forms = own.other ? own : russian ? RUSSIAN : ENGLISH;
  const form = new Intl.PluralRules(russian ? "ru" : "en").select(n);
  const text = `${n.toLocaleString(lang)} ${forms[form] ?? forms.other}`;
  if (place.textContent !== text) place.textContent = text;
}

addEventListener("focus", fill);
fill();
