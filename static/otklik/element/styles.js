// Looks of what is there from the start. Sizes follow the room the element has (container queries), not the window's;
// sides are logical, so that right-to-left needs nothing. Colours: one value for light, one for dark (`color-scheme`).

/** @type {Map<string, CSSStyleSheet>} */
const sheets = new Map();

/**
 * The sheet of a text, made once however many elements there are.
 * @param {string} text
 */
export function sheet(text) {
  let made = sheets.get(text);
  if (!made) {
    made = new CSSStyleSheet();
    made.replaceSync(text);
    sheets.set(text, made);
  }
  return made;
}

export const STYLES = /* css */ `
:host {
  --ink: var(--otklik-text, light-dark(#1c2430, #e7ebf0));
  --dim: var(--otklik-dim, light-dark(#58636f, #9eaab8));
  --paper: var(--otklik-paper, light-dark(#fff, #1a2029));
  --soft: var(--otklik-soft, light-dark(#eff3f5, #262f3b));
  --line: var(--otklik-line, light-dark(#e0e5ea, #303a47));
  --field: var(--otklik-field, light-dark(#8b96a2, #6f7c8c));
  --accent: var(--otklik-accent, light-dark(#0b6b5b, #6ed2ba));
  --on-accent: var(--otklik-on-accent, light-dark(#fff, #05231c));
  --wrong: var(--otklik-wrong, light-dark(#b3261e, #ff9d92));
  --tint: color-mix(in srgb, var(--accent) 12%, transparent);
  --radius: var(--otklik-radius, 14px);
  --gap: var(--otklik-gap, 12px);
  --pad: var(--otklik-padding, 18px);
  --face: var(--otklik-face, 38px);
  --step: var(--otklik-indent, 18px);
  --stick: var(--otklik-stick, 12px);
  --target: 32px;
  display: block; container-type: inline-size; color: var(--ink); text-align: start;
  font: var(--otklik-font, 1rem/1.55 system-ui, sans-serif);
}
:host([hidden]), [hidden], .why:empty { display: none !important; }
*, ::before, ::after { box-sizing: border-box; margin: 0; padding: 0; }
.head, .bar, .by, .actions { display: flex; flex-wrap: wrap; align-items: center; }
.head { justify-content: space-between; min-block-size: 44px; margin-block-end: 12px; }
.title { font-size: 1.375rem; letter-spacing: -.01em; }
.title, .time, button { unicode-bidi: plaintext; font-variant-numeric: tabular-nums; }
svg { flex: none; inline-size: 18px; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linejoin: round;
  stroke-linecap: round; }
bdi, .text, .banner { overflow-wrap: anywhere; }
.bar, .by, .time, .fate, .why, button, select { font-size: .875rem; }

button, select { display: inline-flex; align-items: center; justify-content: center; gap: 6px; min-block-size: var(--target);
  padding: 4px 12px; border: 1px solid var(--line); border-radius: 99px; background: var(--paper); color: inherit;
  font-family: inherit; line-height: 1.25; cursor: pointer; }
button:hover { background: var(--soft); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.plain, .tally, .user, select { padding-inline: 10px; border-color: transparent; background: none; color: var(--dim); }
.main, .pill { padding-inline: 18px; border-color: transparent; background: var(--accent); color: var(--on-accent);
  font-weight: 600; }
.main:hover, .pill:hover { background: color-mix(in srgb, var(--accent) 88%, var(--ink)); }
[aria-pressed=true], [aria-pressed=true]:hover { background: var(--tint); color: var(--accent); }
.why, .refused .fate { flex-basis: 100%; color: var(--wrong); }

.face { flex: none; inline-size: var(--face); block-size: var(--face); object-fit: cover; clip-path: circle(calc(50% - 1px));
  background: radial-gradient(circle at 50% 38%, var(--line) 19%, #0000 21%),
    radial-gradient(circle at 50% 108%, var(--line) 44%, #0000 46%), var(--soft); }
.who { position: relative; }
.user { margin-inline-end: -10px; padding-inline-start: 4px; color: inherit; --face: 26px; }
.writing, .list > .item, .ghost, .empty { padding: var(--pad); border: 1px solid var(--line); border-radius: var(--radius);
  background: var(--paper); box-shadow: var(--otklik-shadow, 0 1px 2px #1018280d); }
.writing { display: flex; gap: 12px; padding-block: calc(27px - var(--target) / 2); }
.writing > .face { margin-block: calc((var(--target) - var(--face)) / 2); }
.writing:focus-within { border-color: var(--accent); outline: 3px solid var(--tint); }
.composer { flex: 1; display: grid; gap: 8px; align-content: center; }
.composer > .actions { gap: 8px; margin: 0; }
.input { inline-size: 100%; min-block-size: 76px; max-block-size: 50vh; padding: 8px 12px; resize: none;
  border: 1px solid var(--field); border-radius: calc(var(--radius) * .7); background: none;
  color: inherit; font: inherit; font-size: max(1rem, 16px); }
.input::placeholder { color: var(--dim); opacity: 1; }
.input[aria-invalid=true] { border-color: var(--wrong); }
.writing .input { padding: calc((var(--target) - 1.55em) / 2) 0; border: 0; outline: 0; }
.composer:not(.open) > .actions { display: none; }
.composer:not(.open) > .input { min-block-size: 0; block-size: var(--target); }
.writing .actions { justify-content: end; }

.bar { gap: 4px; min-block-size: 40px; margin-block: 12px; color: var(--dim); }
.live { flex: 1; }
.live::before { content: ""; display: inline-block; inline-size: 8px; block-size: 8px; margin-inline-end: 8px;
  border-radius: 50%; background: var(--field); }
.live[data-state=live]::before { background: var(--accent); box-shadow: 0 0 0 3px var(--tint); }
.sort { position: relative; margin-inline-end: -10px; }
.sort::after, .user::after { content: ""; inline-size: 6px; block-size: 6px; margin: -4px 4px 0; border: solid;
  border-width: 0 1.5px 1.5px 0; rotate: 45deg; }
.sort::after { position: absolute; inset-block-start: 50%; inset-inline-end: 10px; pointer-events: none; }
select { appearance: none; field-sizing: content; padding-inline-end: 30px; }
option { background: var(--paper); color: var(--ink); }

ol { list-style: none; }
.item { position: relative; }
.list > .item { margin-block-end: var(--gap); content-visibility: auto; contain-intrinsic-size: auto calc(var(--target) + 54.5px); }
.comment { display: flex; gap: 12px; scroll-margin-block: calc(var(--stick) + 48px) 72px; }
.comment:focus { outline-offset: 5px; border-radius: 4px; }
.body { flex: 1; min-inline-size: 0; }
.by { column-gap: 8px; }
.author { font-weight: 600; }
.time, .to, .gone .text, .fate { color: var(--dim); text-decoration: none; }
.time:hover { text-decoration: underline; }
.to { display: none; }
.text { margin-block: 2px 6px; white-space: pre-wrap; }
.actions { gap: 2px; min-block-size: var(--target); margin-inline-start: -10px; }
.count { min-inline-size: 2ch; text-align: start; overflow: hidden; }
.dislike svg { rotate: 180deg; }
.tally[aria-pressed=true] path { fill: var(--tint); }
.roll { display: inline-block; }
.gone > .face { visibility: hidden; }
.gone > .body > :not(.text) { display: none; }
.unsent .text, .unsent .face { opacity: .6; }
.fate { padding-inline-start: 10px; }

.under { position: relative; --face: 28px; margin-inline-start: 18px; padding-inline-start: var(--step);
  border-inline-start: 2px solid var(--line); }
.under .under { margin-inline-start: 13px; }
.flat.flat { margin-inline-start: 0; padding-inline-start: 0; border: 0; }
.flat > ol > .item > .comment .to { display: inline; }
.replies > .item { padding-block-start: 14px; }
.fold, .more-replies { margin-inline-start: 8px; color: var(--accent); }
.fold[aria-expanded=true] { position: absolute; inset-block-start: calc(-1 * var(--target)); inset-inline-start: calc(10px - var(--target));
  justify-content: end; inline-size: var(--target); margin: 0; padding: 0; border: 0; background: none; color: var(--dim); font-size: 0; gap: 0; }
.fold[aria-expanded=true]::before { content: "–"; inline-size: 22px; border: 1px solid var(--line); border-radius: 50%;
  background: var(--paper); font-size: .875rem; line-height: 20px; }
.flat > .fold[aria-expanded=true] { inset-inline-start: calc(25px - var(--target)); }
.more-replies { margin-block: 8px -4px; }
.more { inline-size: 100%; min-block-size: 44px; }
footer { text-align: end; margin-block-start: 8px; }

.float { position: sticky; z-index: 2; display: flex; block-size: 0; align-items: center; justify-content: center; }
.above { inset-block-start: calc(var(--stick) + var(--target) / 2 + 8px); justify-content: start;
  padding-inline-start: calc(50% - 5rem); }
.pill { flex: none; box-shadow: 0 4px 14px #0003; }
.fresh { translate: 0 -8px; }
.fresh-replies { position: absolute; z-index: 1; inset-block-end: calc(16px - var(--target) / 2);
  inset-inline-start: calc(100% - 11.5rem); border: calc(var(--target) / 2 - 14px) solid #0000;
  background: color-mix(in srgb, var(--accent) 14%, var(--paper)) padding-box; color: var(--accent); font-weight: 600; white-space: nowrap; }

.empty { display: grid; place-content: center; place-items: center; gap: 4px; min-block-size: 150px; text-align: center;
  color: var(--dim); }
.empty strong { color: var(--ink); }
.empty button { margin-block-start: 8px; }
.ghost { position: relative; block-size: 138px; margin-block-end: var(--gap); }
.ghost::before, .ghost::after { content: ""; display: block; inline-size: var(--face); block-size: var(--face);
  border-radius: 99px; background: var(--soft); }
.ghost::after { position: absolute; inset-block-start: 22px; inset-inline: calc(var(--pad) + var(--face) + 12px) 40%;
  inline-size: auto; block-size: 12px; box-shadow: 0 26px var(--soft), 0 52px var(--soft); }
.sr { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }

@media (prefers-reduced-motion: no-preference) {
  .ghost { animation: breathe 1.6s infinite alternate; }
}
@keyframes breathe { to { opacity: .5; } }
@media (forced-colors: active) {
  [aria-pressed=true] { border-color: Highlight; color: Highlight; }
  .writing:focus-within { outline: 3px solid Highlight; }
}
@container (max-inline-size: 30rem) {
  .thread { --target: 44px; --pad: var(--otklik-padding, 14px); --face: var(--otklik-face, 32px);
    --step: var(--otklik-indent, 12px); }
  .under { --face: 26px; margin-inline-start: 15px; }
  .under .under { margin-inline-start: 12px; }
  .under .under .under { margin-inline-start: 0; padding-inline-start: 0; border: 0; }
  .under .under .under > .fold[aria-expanded=true] { inset-inline-start: -20px; }
  .under .under .under .to { display: inline; }
  .comment { gap: 10px; }
  .bar { margin-block-end: 20px; }
  .time { padding-block: 12px; margin-block: -12px; }
}
@media (pointer: coarse) { .thread { --target: 44px; } }
`;
