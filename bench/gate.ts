// How often the gate calls a regression where there is none, and finds one of 10 %: the real code on simulated machines.
//   npm run bench:gate
import { type Gate, SHARED, STEADY, simulateGate } from '../src/regress/testing/simulation.js';

const COMPARISONS = 1000;
const one = { bases: 1, heads: 1 };
const two = { bases: 2, heads: 2 };
const step = { metric: 'step', thresholdPercent: 5 } as const;
const speedup = { metric: 'speedup', thresholdPercent: 5 } as const;
const auto = (bases: number) => ({ metric: 'step', thresholdPercent: 'auto', bases, heads: 1 }) as const;
const others = { ...SHARED, runSpread: 0.3 };

const GATES: readonly [name: string, gate: Gate][] = [
  ['steady machine: step, 1 base, 1 head', { ...step, ...one, machine: STEADY }],
  ['steady machine: step, auto of 5 bases', { ...auto(5), machine: STEADY }],
  ['shared machine: step, 1 base, 1 head', { ...step, ...one, machine: SHARED }],
  ['shared machine: step, 2 bases, 2 heads', { ...step, ...two, machine: SHARED }],
  ...[2, 3, 5, 10].map((bases): [string, Gate] => [
    `shared machine: step, auto of ${bases} bases`,
    { ...auto(bases), machine: SHARED },
  ]),
  ['shared machine: speedup, 1 base, 1 head', { ...speedup, ...one, machine: SHARED }],
  ['shared machine: speedup, 2 bases, 2 heads', { ...speedup, ...two, machine: SHARED }],
  ['machines that differ by 30 %: speedup, 2 bases, 2 heads', { ...speedup, ...two, machine: others }],
];

const WIDTH = 58;
console.log(
  '20 rounds, two rows; 2 % noise, 5 % of the rounds spikes of 1.5 times, drift within a run of up to 1 %; threshold 5 %',
);
console.log(
  `of ${COMPARISONS} comparisons each, called regressed:`.padEnd(WIDTH),
  'same code',
  ' 10 % slower',
);
for (const [name, gate] of GATES) {
  const { falseAlarms, found } = simulateGate(COMPARISONS, gate);
  console.log(name.padEnd(WIDTH), String(falseAlarms).padStart(9), String(found).padStart(12));
}
