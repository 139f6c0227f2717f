// Measures on this machine how often `pinbench ab` reports a change that does not exist, and how often it finds one. `ab` first
// records one long series of pairs for each of three heads: the build as it is; one that runs every tenth step of pin twice; one that
// runs every tenth step of both twice. The base is always the build as it is. The comparison of `ab` then judges windows of two minutes
// of each series; where both sides are the same build, each pair is assigned to the sides at random. Finally, `pinbench ab` itself
// runs for each build.
//   npm run bench:ab                 (MINUTES=30 of series, WINDOWS=1000, RUNS=3; about 50 minutes in all)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { comparePairs } from '../../dist/regress/pairs.js';
import { BUILDS, makeBuilds, ROOT } from './builds.mjs';

const MINUTES = Number(process.env.MINUTES ?? 30);
const WINDOWS = Number(process.env.WINDOWS ?? 1000);
const RUNS = Number(process.env.RUNS ?? 3);
const WINDOW_SECONDS = 120;
const ARGS = ['fixtures/data.npy', '--batch', '2', '--engine', 'cpu'];
const THRESHOLD = 5;

/** Uniform numbers in [0, 1), the same in every run (Numerical Recipes' ranqd1). */
let state = 1;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

const folders = makeBuilds();
const names = Object.keys(BUILDS);

function ab(head, flags) {
  const { stdout, status } = spawnSync(
    process.execPath,
    ['bin/pinbench.js', 'ab', folders['as-is'], folders[head], '--format', 'json', ...flags, '--', ...ARGS],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  return { status, comparison: JSON.parse(stdout) };
}

/** Records a series of pairs. Fields that a comparison does not read are dropped, because they take memory. */
function seriesOf(head, seconds) {
  const scratch = mkdtempSync(join(tmpdir(), 'pinbench-ab-'));
  try {
    const out = join(scratch, 'out');
    const { comparison } = ab(head, ['--budget', `${seconds}s`, '--fail-on', 'none', '--out', out]);
    if (!comparison.inTurns) throw new Error('the processes did not take turns');
    const side = (name) =>
      readdirSync(join(out, name))
        .sort()
        .map((file) => ({
          ...JSON.parse(readFileSync(join(out, name, file), 'utf8')),
          ...{ argv: [], warnings: [], cases: [] },
        }));
    const [base, ofHead] = [side('base'), side('head')];
    return base.map((record, i) => ({ base: record, head: ofHead[i] }));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

console.log(
  `${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.version}: series of ${MINUTES} min`,
);
const seconds = (MINUTES * 60) / names.length;
const series = Object.fromEntries(names.map((name) => [name, seriesOf(name, seconds)]));
const all = names.reduce((sum, name) => sum + series[name].length, 0);
const pairs = Math.floor((WINDOW_SECONDS * all) / (seconds * names.length));
console.log(`${all} pairs: ${pairs} pairs in two minutes`);

const verdictsOf = (window) => {
  const { rows } = comparePairs(window, { base: 'base', head: 'head' }, { thresholdPercent: THRESHOLD });
  return Object.fromEntries(rows.map((row) => [`${row.metric} ${row.strategy}`, row.verdict]));
};

/** For each build, the rows that are slower, which must be called. */
const SLOWER = {
  'as-is': [],
  pin: ['step pin', 'speedup pin'],
  both: ['step feed', 'step pin'],
};

console.log(`\nof ${WINDOWS} windows of ${pairs} pairs, threshold ${THRESHOLD} %:`);
console.log('build    row           regressed  improved  same  inconclusive');
for (const name of names) {
  const counts = new Map();
  for (let window = 0; window < WINDOWS; window++) {
    const first = Math.floor(random() * Math.max(1, series[name].length - pairs));
    const dealt = series[name].slice(first, first + pairs).map(({ base, head }) => {
      const swapped = name === 'as-is' && random() < 0.5;
      return swapped ? { base: head, head: base } : { base, head };
    });
    for (const [row, verdict] of Object.entries(verdictsOf(dealt))) {
      const of = counts.get(row) ?? {};
      counts.set(row, { ...of, [verdict]: (of[verdict] ?? 0) + 1 });
    }
  }
  for (const [row, of] of counts) {
    const cells = ['regressed', 'improved', 'same', 'inconclusive'].map((verdict) => of[verdict] ?? 0);
    const mark = SLOWER[name].includes(row) ? '  (10 % slower)' : '';
    console.log(
      `${name.padEnd(8)} ${row.padEnd(12)} ${cells.map((count, i) => String(count).padStart([10, 9, 5, 13][i])).join(' ')}${mark}`,
    );
  }
}

console.log(`\n${RUNS} runs of pinbench ab for each build, two minutes each:`);
for (const name of names) {
  for (let run = 0; run < RUNS; run++) {
    const { status, comparison } = ab(name, []);
    const said = comparison.rows.map(
      ({ metric, strategy, change, verdict }) => `${metric} ${strategy} ${change.toFixed(3)} ${verdict}`,
    );
    console.log(`${name.padEnd(8)} exit ${status}, ${comparison.pairs} pairs: ${said.join('; ')}`);
  }
}
