import { STRATEGIES } from '../../words.js';
import { trusted } from './escape.js';
import { lookOf } from './look.js';
import { MAX_COLUMNS } from './table.js';

const colours = (which: 0 | 1) =>
  STRATEGIES.map((name) => `--${name}: ${lookOf(name).colours[which]};`).join(' ');

const all = (before: string) => STRATEGIES.map((name) => `${before}${name}`).join(', ');

/** The cells of text columns, which the classes of a table name by their positions. */
const toTheLeft = `:is(${Array.from({ length: MAX_COLUMNS }, (_, i) => `.left-${i + 1} :nth-child(${i + 1})`).join(', ')}):is(td, th)`;

const LIGHT = `--ground: #ffffff; --raised: #f6f7f8; --ink: #1b1f24; --muted: #59636e; --line: #dfe3e7; --shade: #1b1f2429; --good: #0a6b43; --bad: #b3261e; --note: #7a5300; ${colours(0)}`;
const DARK = `--ground: #14171a; --raised: #1d2125; --ink: #e7eaed; --muted: #9da7b1; --line: #32383e; --shade: #000000b3; --good: #5fd3a0; --bad: #ff9a91; --note: #e5bb45; ${colours(1)}`;

/** The styles of a page. Colours are custom properties: light or dark like the reader's system, and light on paper. */
export const STYLE = trusted(`
:root { color-scheme: light dark; ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
html { background: var(--ground); color: var(--ink); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "DejaVu Sans", sans-serif; -webkit-text-size-adjust: 100%; }
body { max-width: 64rem; margin: 0 auto; padding: 3.5rem 2rem 4rem; overflow-wrap: break-word; }
h1, h2, h3, p, dl, dd, figure, ul { margin: 0; padding: 0; }
h1 { font-size: 1.75rem; line-height: 1.25; font-weight: 650; letter-spacing: -.015em; max-width: 24em; }
h2 { font-size: 1.25rem; line-height: 1.3; font-weight: 650; letter-spacing: -.005em; }
h3 { font-size: 1rem; font-weight: 650; }
p, li { max-width: 44em; }
a { color: inherit; text-decoration-color: var(--muted); text-underline-offset: .2em; }
.over { color: var(--muted); font-size: .875rem; margin-bottom: .75rem; }
.subject { color: var(--muted); margin-top: .75rem; }
.answer { margin-top: 2rem; padding: 1.5rem 1.75rem; background: var(--raised); border-radius: .5rem; }
.answer p + p { margin-top: .5rem; }
.answer p:first-of-type { font-size: 1.25rem; line-height: 1.45; }
.answer .over { margin: 0 0 .5rem; font-size: .875rem !important; }
.notice { color: var(--note); margin-top: 1rem; font-size: .9375rem; }
main > section { margin-top: 4rem; }
.lead { color: var(--muted); margin-top: 2rem; }
h2 + .lead, h3 + .lead { margin-top: .375rem; }
main > section > h3 { margin-top: 2.5rem; }
figure { margin-top: 1.5rem; min-width: 0; }
figure h3 { font-size: .875rem; margin-bottom: .625rem; overflow-wrap: anywhere; }
figcaption { font-size: .875rem; margin-top: .75rem; max-width: 50em; }
svg { display: block; width: 100%; height: auto; font: 13px/1 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums; overflow: visible; }
svg text { white-space: pre; }
svg g:not([stroke]) > :has(> title) { stroke: transparent; stroke-width: 12px; }
svg.narrow { max-width: 36rem; }
@media screen and (max-width: 47.99rem) { svg.wide { display: none; } }
@media print, (min-width: 48rem) { svg.narrow { display: none; } }
.side-by-side { display: grid; gap: 1rem 2.5rem; margin-top: .5rem; }
.of-2 { grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); }
.of-3 { grid-template-columns: repeat(auto-fill, minmax(min(100%, 16rem), 1fr)); }
.table { overflow-x: auto; margin-top: 1.5rem; background: linear-gradient(to right, var(--ground) 40%, transparent) left / 2rem 100% no-repeat local, linear-gradient(to left, var(--ground) 40%, transparent) right / 2rem 100% no-repeat local, linear-gradient(to right, var(--shade), transparent) left / .75rem 100% no-repeat scroll, linear-gradient(to left, var(--shade), transparent) right / .75rem 100% no-repeat scroll; }
table { border-collapse: collapse; font-size: .8125rem; line-height: 1.4; font-variant-numeric: tabular-nums; min-width: 100%; }
th, td { padding: .375rem .625rem; text-align: right; white-space: nowrap; vertical-align: baseline; }
th:first-child, td:first-child { padding-left: .25rem; }
th:last-child, td:last-child { padding-right: .25rem; }
th[scope=rowgroup] { text-align: left; }
${toTheLeft} { text-align: left; }
thead th { color: var(--muted); font-weight: 500; border-bottom: 1px solid var(--line); }
tbody tr + tr > td { border-top: 1px solid var(--line); }
table:has(td.feed) tr:not(:has(td.feed)) > td { border-top-color: transparent; }
th[scope=rowgroup] { padding-top: 1.25rem; font-weight: 650; white-space: normal; overflow-wrap: anywhere; }
td i { color: var(--muted); font-style: normal; }
b, td:is(${all('.')}) { font-weight: 600; }
.faster { color: var(--good); } .slower { color: var(--bad); } .same, .inconclusive { color: var(--muted); }
${STRATEGIES.map((name) => `.${name} { color: var(--${name}); }`).join(' ')}
ul { padding-left: 1.125rem; margin-top: 1rem; }
figure + ul, .side-by-side + ul { margin-top: 1.75rem; }
li + li { margin-top: .375rem; }
li::marker { color: var(--muted); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 2rem 3rem; margin-top: 1.5rem; }
.facts h3 { font-size: .875rem; margin-bottom: .5rem; }
dl > div { display: grid; grid-template-columns: 10rem minmax(0, 1fr); gap: .125rem 1rem; font-size: .875rem; padding: .25rem 0; border-top: 1px solid var(--line); }
dt { color: var(--muted); }
dd { overflow-wrap: anywhere; }
main > section > dl { margin-top: 1.25rem; }
pre { margin: 1.25rem 0 0; padding: 1rem 1.25rem; background: var(--raised); border-radius: .5rem; font: .875rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre code { font: inherit; }
pre + .lead { margin-top: 1rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 2px solid var(--pin); outline-offset: 2px; }
@media (max-width: 47.99rem) {
  body { padding: 2rem 1rem 3rem; }
  h1 { font-size: 1.4375rem; }
  .answer { padding: 1.125rem 1.25rem; }
  .answer p:first-of-type { font-size: 1.125rem; }
  dl > div { grid-template-columns: 6.5rem minmax(0, 1fr); }
}
@media print {
  @page { margin: 14mm; }
  html { font-size: 10.5pt; }
  body { max-width: none; padding: 0; }
  main > section { margin-top: 2rem; }
  .side-by-side { gap: 1rem 1.5rem; }
  .of-2 { grid-template-columns: repeat(2, 1fr); }
  .of-3 { grid-template-columns: repeat(3, 1fr); }
  .answer, pre { border: 1px solid var(--line); }
  .table { overflow: visible; background: none; }
  table { font-size: 7.5pt; }
  th, td { padding: .2rem .3rem; }
  thead th, ${toTheLeft} { white-space: normal; overflow-wrap: anywhere; }
  h2, h3,   figure, tr, .facts section { break-inside: avoid; }
  svg { break-inside: avoid; }
  thead { display: table-header-group; }
}
`);
