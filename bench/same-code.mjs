// What runs of the same code differ by on this machine, each in a process of its own, and how often `compare` takes that for a
// slowdown: each run against the next one, and in fours, the middle two against the outer two.
//   npm run bench:same-code
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { median, sampleStandardDeviation } from 'simple-statistics';
import { compareRecords } from '../dist/regress/compare.js';

const RUNS = 60;
const METRICS = ['step', 'speedup'];
const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}/.cache/same-code`, { recursive: true, force: true });
mkdirSync(`${root}/.cache/same-code`, { recursive: true });

const records = Array.from({ length: RUNS }, (_, i) => {
  const path = `.cache/same-code/${i}.json`;
  const flags = ['--batch', '2', '--epochs', '10000', '--json', path, '--quiet'];
  spawnSync(process.execPath, ['bin/pinbench.js', 'run', 'fixtures/data.npy', ...flags], {
    cwd: root,
    stdio: 'inherit',
  });
  return [path, JSON.parse(readFileSync(`${root}/${path}`, 'utf8'))];
});

const levels = {
  step: ({ results }) => Math.log(median(results[0].samplesNs)),
  speedup: ({ comparisons }) => Math.log(comparisons[0].speedup),
};
const isRegressed = (bases, heads, metric) =>
  compareRecords(bases, heads, { metric, thresholdPercent: 5, ignoreDevice: false }).rows.some(
    ({ verdict }) => verdict === 'regressed',
  );

const [{ name }] = records[0][1].environment.devices;
console.log(`${RUNS} runs of fixtures/data.npy, batch 2, 10,000 epochs; ${name}, Node ${process.version}`);
for (const metric of METRICS) {
  const spread = sampleStandardDeviation(records.map(([, record]) => levels[metric](record)));
  const pairs = records.slice(1).map((head, i) => [[records[i]], [head]]);
  const fours = Array.from({ length: RUNS / 4 }, (_, i) => records.slice(4 * i, 4 * i + 4));
  const turns = fours.map(([first, second, third, fourth]) => [
    [first, fourth],
    [second, third],
  ]);
  const called = (comparisons) =>
    `${comparisons.filter(([bases, heads]) => isRegressed(bases, heads, metric)).length} of ${comparisons.length}`;
  console.log(
    `${metric}: runs differ by ${(spread * 100).toFixed(1)} % (standard deviation); threshold 5 %, called regressed:`,
  );
  console.log(`  each against the next ${called(pairs)}; base, head, head, base ${called(turns)}`);
}
