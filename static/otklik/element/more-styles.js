// Looks of what is loaded when it is first wanted: dialogs, forms in them, the user's menu, the list of keys.

import { sheet } from "./styles.js";

/** What is loaded later brings its looks along. @param {ShadowRoot} root */
export function addStyles(root) {
  const more = sheet(STYLES);
  if (!root.adoptedStyleSheets.includes(more)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, more];
}

const STYLES = /* css */ `
.dialog { margin: auto; inline-size: min(25rem, 100vw - 24px); max-block-size: calc(100dvh - 24px); padding: 22px 24px 24px;
  border: 1px solid var(--line); border-radius: calc(var(--radius) * 1.3); background: var(--paper); color: var(--ink);
  box-shadow: 0 20px 60px #0004; overflow: auto; }
.dialog::backdrop { background: #0b101880; }
.dialog-head { display: flex; align-items: center; justify-content: space-between; gap: 12px; margin-block-end: 14px; }
.dialog-head h3, .enter h3 { font-size: 1.25rem; letter-spacing: -.01em; }
.form, .enter { display: grid; gap: 14px; }
.field { display: grid; gap: 4px; }
.field label { font-size: .875rem; font-weight: 600; }
.field-row { position: relative; display: flex; align-items: center; }
.hint { color: var(--dim); font-size: .8125rem; }
.hint:empty { display: none; }
input.input { min-block-size: 44px; padding-block: 6px; resize: none; }
.field-row:has(.eye) .input { padding-inline-end: 48px; }
.eye { position: absolute; inset-inline-end: 0; inline-size: 44px; min-block-size: 44px; padding: 0;
  border-color: transparent; background: none; color: var(--dim); }
.eye[aria-pressed=true] { background: none; color: var(--accent); }
.submit { min-block-size: 44px; font-size: 1rem; }
.submit[aria-busy=true] { opacity: .65; }
.switch { display: flex; flex-wrap: wrap; align-items: center; justify-content: center; gap: 0 4px; color: var(--dim);
  font-size: .875rem; }
.switch button { border-color: transparent; background: none; color: var(--accent); font-weight: 600; min-block-size: 44px; }
.words { color: var(--dim); }
.close-dialog { inline-size: 44px; min-block-size: 44px; margin: -8px -10px -8px 0; margin-inline: 0 -10px; padding: 0;
  border-color: transparent; background: none; color: var(--dim); }

.below { inset-block-end: 16px; flex-direction: column; align-items: center; justify-content: end; gap: 8px; }
.banner { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; padding: 8px; padding-inline-start: 18px;
  border-radius: var(--radius); background: var(--ink); color: light-dark(#fff, #10151c); font-size: .9375rem;
  box-shadow: 0 6px 24px #0004; max-inline-size: 100%; }
.banner button { border-color: currentColor; background: none; color: inherit; }
.banner .plain { border-color: transparent; }
.danger { border-color: currentColor; color: var(--wrong); }
.ask { gap: 8px; margin-inline: 0; }
.body > .composer, .ask { margin-block-start: 8px; }
.edited > :is(.text, .actions, .why) { display: none; }

.menu { position: absolute; z-index: 3; inset-block-start: calc(100% + 6px); inset-inline-end: 0; display: grid;
  min-inline-size: 13rem; padding: 6px; border: 1px solid var(--line); border-radius: var(--radius); background: var(--paper);
  box-shadow: 0 10px 30px #0003; }
.menu button { justify-content: flex-start; min-block-size: 40px; padding-inline: 14px; border-color: transparent;
  border-radius: calc(var(--radius) * .6); background: none; text-align: start; }
.menu button:hover { background: var(--soft); }

.key-list { display: grid; grid-template-columns: auto 1fr; gap: 10px 16px; align-items: center; }
kbd { justify-self: start; min-inline-size: 2rem; padding: 2px 8px; border: 1px solid var(--line);
  border-block-end-width: 2px; border-radius: 7px; background: var(--soft); font: 600 .875rem ui-monospace, monospace;
  text-align: center; }
@media (prefers-reduced-motion: no-preference) {
  .dialog, .menu, .banner, .pill { animation: rise .16s; }
  .found { animation: found 3s; }
}
@keyframes rise { from { opacity: 0; translate: 0 6px; } }
@keyframes found { from, 40% { background: var(--tint); box-shadow: 0 0 0 6px var(--tint); } }
@media (forced-colors: active) {
  .found { outline: 3px solid Highlight; }
  .banner { border: 1px solid; }
}
@media (max-width: 34rem), (pointer: coarse) { .menu button { min-block-size: 44px; } }
`;
