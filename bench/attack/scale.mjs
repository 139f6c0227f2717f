import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { matches } from '../../dist/text.js';
import { pinbench, shell } from './program.mjs';
import { sampleIn } from './sample.mjs';

const ROWS = 20_000;
/** The longest that a report of so many rows may take, ms. */
const MAX_MS = 10_000;

/**
 * Renders a report of many rows in each format that people read, and a report of more records than files may be open at once;
 * then matches patterns of many stars.
 */
export function attackScale({ folder }) {
  const found = [];
  const sample = sampleIn(folder);
  const [feed, pin] = sample.results;
  // A hundred sizes with a hundred works, by two strategies.
  const sizes = Array.from({ length: Math.sqrt(ROWS / 2) }, (_, i) => i + 1);
  const cases = sizes.flatMap((work) => sizes.map((batch) => ({ batch, work })));
  const big = {
    ...sample,
    plan: { ...sample.plan, works: sizes, batches: sizes },
    results: cases.flatMap((one) => [
      { ...feed, ...one },
      { ...pin, ...one },
    ]),
    comparisons: cases.map((one) => ({ ...sample.comparisons[0], ...one })),
    cases: cases.map((one) => ({ ...sample.cases[0], ...one })),
  };
  delete big.findings;
  writeFileSync(join(folder, 'big.json'), JSON.stringify(big));
  const timed = (what, work) => {
    const began = performance.now();
    const { status, stderr } = work();
    const ms = performance.now() - began;
    if (status !== 0) found.push(`${what}: exit code ${status}: ${stderr}`);
    if (ms > MAX_MS) found.push(`${what}: ${(ms / 1000).toFixed(1)} s`);
    return ms;
  };
  const formats = ['table', 'csv', 'markdown', 'html', 'json'];
  const slowest = Math.max(
    ...formats.map((format) =>
      timed(`report of ${ROWS} rows as ${format}`, () =>
        pinbench(['report', 'big.json', '--format', format], { cwd: folder }),
      ),
    ),
  );
  mkdirSync(join(folder, 'many'));
  for (let i = 0; i < 1100; i++) writeFileSync(join(folder, 'many', `${i}.json`), JSON.stringify(sample));
  timed('1,100 records where 256 files may be open', () =>
    shell("ulimit -n 256; pinbench report 'many/*.json' > many.txt", folder),
  );
  const began = performance.now();
  for (let stars = 1; stars <= 200; stars++) {
    if (matches(`${'a*'.repeat(stars)}b`, 'a'.repeat(5000)))
      found.push('a pattern matches a name that it should not match');
  }
  if (performance.now() - began > 1000) found.push('patterns take seconds');
  return {
    tries: formats.length + 1 + 200,
    found,
    note: `(the slowest report took ${(slowest / 1000).toFixed(1)} s)`,
  };
}
