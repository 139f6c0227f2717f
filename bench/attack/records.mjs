import { PinbenchError } from '../../dist/errors.js';
import { parseRecord } from '../../dist/record/file.js';
import { compareRecords } from '../../dist/regress/compare.js';
import { render } from '../../dist/report/render.js';
import { REPORT_FORMATS } from '../../dist/words.js';
import { sampleIn } from './sample.mjs';

/** An operation that takes longer counts as hanging, ms. */
const MAX_MS = 2000;
const VALUES = [
  null,
  true,
  0,
  -1,
  1e308,
  -0.5,
  2 ** 53,
  '',
  'x',
  [],
  {},
  [[]],
  'x'.repeat(1000),
  Number.MAX_VALUE,
  1e-320,
];

/**
 * Changes a field, a list or bytes of a record's text. Each record must be refused with an error of pinbench's own, or rendered
 * and compared.
 */
export async function attackRecords({ folder, dice, count }) {
  const found = [];
  const sample = sampleIn(folder);
  let read = 0;
  for (let number = 0; number < count; number++) {
    const text =
      dice.below(4) === 0 ? damagedText(JSON.stringify(sample), dice) : JSON.stringify(damaged(sample, dice));
    const began = performance.now();
    let step = 'reading';
    try {
      const record = parseRecord('record.json', text);
      read++;
      for (const format of REPORT_FORMATS) {
        step = format;
        await render(format, [{ name: 'record', record }]).catch(own);
      }
      step = 'compare';
      compareRecords([['base', sample]], [['head', record]], {
        metric: dice.of(['step', 'speedup']),
        thresholdPercent: 5,
        ignoreDevice: false,
      });
    } catch (error) {
      if (!(error instanceof PinbenchError))
        found.push(`${step}: ${error?.stack?.split('\n').slice(0, 3).join(' | ')}`);
    }
    if (performance.now() - began > MAX_MS)
      found.push(`${step}: ${(performance.now() - began).toFixed(0)} ms`);
  }
  return { tries: count, found, note: `(${read} read)` };
}

function own(error) {
  if (!(error instanceof PinbenchError)) throw error;
}

function damaged(sample, dice) {
  const record = structuredClone(sample);
  for (let times = 1 + dice.below(3); times > 0; times--) {
    let place = record;
    let key = dice.of(Object.keys(place));
    while (
      typeof place[key] === 'object' &&
      place[key] !== null &&
      Object.keys(place[key]).length > 0 &&
      dice.below(5) > 0
    ) {
      place = place[key];
      key = dice.of(Object.keys(place));
    }
    const kind = dice.below(5);
    if (kind === 0) delete place[key];
    else if (kind === 1 && Array.isArray(place)) place.push(...place);
    else if (kind === 2 && typeof place[key] === 'number') place[key] *= dice.of([-1, 0, 1e9, 1e-9, 1.0001]);
    else place[key] = dice.of(VALUES);
  }
  return record;
}

function damagedText(text, dice) {
  const at = dice.below(text.length);
  const kind = dice.below(3);
  if (kind === 0) return text.slice(0, at);
  if (kind === 1)
    return `${text.slice(0, at)}${String.fromCharCode(dice.below(0xffff))}${text.slice(at + 1)}`;
  return `${text.slice(0, at)}${text.slice(at + dice.below(200))}`;
}
