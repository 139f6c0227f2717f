import { render } from '../../dist/report/render.js';
import { REPORT_FORMATS } from '../../dist/words.js';
import { sampleIn } from './sample.mjs';

const PIECES = [
  ...[
    '\n',
    '\r',
    '\r\n',
    '\u2028',
    '\u2029',
    '\x85',
    '::error::x',
    '::warning file=a::x',
    '##[error]x',
    '##vso[task.complete]x',
    ' ',
    'a',
    ':',
  ],
  ...[
    '\x1b[2J',
    '\x1b]0;t\x07',
    '\x9b31m',
    '\x00',
    '\x7f',
    '\u202e',
    '\u2066',
    '\u200f',
    '\u061c',
    '\ud800',
    '😀',
  ],
  ...[
    '<img src=x>',
    '</script>',
    '[l](http://example.invalid)',
    '![](x)',
    '`',
    '|',
    '**',
    '_',
    '\\',
    '"',
    "'",
    '&',
  ],
  ...['=1+1', '+1', '-1', '@A1', '\t=1', ',', ';'],
];
const COMMANDS = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|^\s*::|##\w*\[/imu;

/**
 * Fills every text of a record with random dangerous pieces and renders it in every format: no output may have a character that
 * acts as a command.
 */
export async function attackText({ folder, dice, count }) {
  const found = [];
  const sample = sampleIn(folder);
  let tries = 0;
  for (let number = 0; number < count; number++) {
    const text = Array.from({ length: 1 + dice.below(12) }, () => dice.of(PIECES)).join('');
    const record = poisoned(sample, text);
    for (const format of REPORT_FORMATS) {
      tries++;
      try {
        const out = await render(format, [{ name: text, record }], {
          color: false,
          width: 60 + dice.below(80),
          watched: false,
        });
        const at = out.search(COMMANDS);
        if (at >= 0)
          found.push(`${format}: ${JSON.stringify(text)} gives ${JSON.stringify(out.slice(at, at + 40))}`);
        if (format === 'html' && isMarkup(out)) found.push(`html: ${JSON.stringify(text)} is markup`);
        if (format === 'csv' && cellsOf(out).some(isFormula))
          found.push(`csv: ${JSON.stringify(text)} is a formula`);
      } catch (error) {
        found.push(`${format}: ${JSON.stringify(text)} throws ${error}`);
      }
    }
  }
  return { tries, found };
}

/** Whether the page, apart from the record in it, contains markup from a text. */
function isMarkup(page) {
  return /<img|<script/i.test(page.replace(/<script type="application[\s\S]*?<\/script>/, ''));
}

function cellsOf(csv) {
  return [...csv.matchAll(/("(?:[^"]|"")*"|[^,\n]*)[,\n]/g)].map(([, cell]) => cell.replace(/^"|"$/g, ''));
}

/** Whether a spreadsheet would take a cell for a formula; a negative number is not one. */
function isFormula(cell) {
  return /^[=+@\t\r]/.test(cell) || (cell.startsWith('-') && Number.isNaN(Number(cell)));
}

function poisoned(sample, text) {
  const record = structuredClone(sample);
  Object.assign(record.dataset, { path: text, leftOut: [{ why: 'no-numbers', columns: 1, names: [text] }] });
  Object.assign(record.environment, { node: text, os: text, arch: text, cpu: text, ci: text });
  record.environment.git = { commit: 'a'.repeat(40), branch: text, dirty: true };
  record.environment.devices = record.environment.devices.map((one) => ({
    ...one,
    name: text,
    runtime: text,
  }));
  record.results = record.results.map((result) => ({ ...result, device: text }));
  record.argv = [text];
  record.plan.columns = [text];
  return record;
}
