// Measures how often `pinbench ab` is wrong on this machine, and how often it detects a slower build. First, it runs processes of
// three builds in alternation and keeps their records: as is, with every tenth step of pin run twice, and with every tenth step of
// both strategies run twice. The real code judges two-minute windows of these records; in windows of the as-is build alone, the
// sides are assigned at random. Then `pinbench ab` itself runs for each build.
//   npm run bench:ab                 (MINUTES=30 of processes, WINDOWS=1000, RUNS=3; about an hour in total)
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { comparePairs } from '../../dist/regress/pairs.js';
import { BUILDS, makeBuilds, ROOT } from './builds.mjs';

const MINUTES = Number(process.env.MINUTES ?? 30);
const WINDOWS = Number(process.env.WINDOWS ?? 1000);
const RUNS = Number(process.env.RUNS ?? 3);
const WINDOW_MS = 120_000;
const ARGS = ['fixtures/data.npy', '--batch', '2', '--engine', 'cpu'];
const THRESHOLD = 5;

/** Uniform random numbers in [0, 1), the same in each run (Numerical Recipes' ranqd1). */
let state = 1;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

const folders = makeBuilds();
const names = Object.keys(BUILDS);

function record(name) {
  const { stdout, status } = spawnSync(
    process.execPath,
    ['bin/pinbench.js', 'run', ...ARGS, '--rounds', '10', '--quiet', '--json', '-'],
    { cwd: folders[name], encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  if (status !== 0) throw new Error(`a process of ${name} ended with ${status}`);
  const made = JSON.parse(stdout);
  // Fields that a comparison does not need are dropped to save memory.
  return { ...made, argv: [], warnings: [], cases: [] };
}

console.log(
  `${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.version}: series of ${MINUTES} min`,
);
const began = performance.now();
const turns = [];
while (performance.now() - began < MINUTES * 60_000)
  turns.push(Object.fromEntries(names.map((name) => [name, record(name)])));
const processMs = (performance.now() - began) / turns.length / names.length;
const pairs = Math.floor(WINDOW_MS / processMs / 2);
console.log(
  `${turns.length} processes of each build, ${(processMs / 1000).toFixed(2)} s each: ${pairs} pairs in two minutes`,
);

const verdictOf = (window) => {
  const { rows } = comparePairs(window, { base: 'base', head: 'head' }, { thresholdPercent: THRESHOLD });
  return Object.fromEntries(rows.map((row) => [`${row.metric} ${row.strategy}`, row.verdict]));
};

/** The rows that are slower in each build and should be called `regressed`. */
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
    // A window of the as-is build pairs its consecutive processes; a window of another build pairs it with the as-is build.
    const span = name === 'as-is' ? 2 * pairs : pairs;
    const first = Math.floor(random() * Math.max(1, turns.length - span));
    const dealt = Array.from({ length: pairs }, (_, i) => {
      if (name !== 'as-is') return { base: turns[first + i]?.['as-is'], head: turns[first + i]?.[name] };
      const two = [turns[first + 2 * i]?.['as-is'], turns[first + 2 * i + 1]?.['as-is']];
      if (random() < 0.5) two.reverse();
      return { base: two[0], head: two[1] };
    }).filter(({ base, head }) => base !== undefined && head !== undefined);
    for (const [row, verdict] of Object.entries(verdictOf(dealt))) {
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

console.log(`\n${RUNS} runs of pinbench ab, two minutes each:`);
for (const name of names) {
  for (let run = 0; run < RUNS; run++) {
    const { stdout, status } = spawnSync(
      process.execPath,
      ['bin/pinbench.js', 'ab', folders['as-is'], folders[name], '--format', 'json', '--', ...ARGS],
      { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 28 },
    );
    const { rows, pairs: measured } = JSON.parse(stdout);
    const said = rows.map(
      ({ metric, strategy, change, verdict }) => `${metric} ${strategy} ${change.toFixed(3)} ${verdict}`,
    );
    console.log(`${name.padEnd(8)} exit ${status}, ${measured} pairs: ${said.join('; ')}`);
  }
}
