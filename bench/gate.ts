// How often the gate calls a regression where there is none, and finds one of 10 %: the real code on simulated machines.
//   npm run bench:gate
import { type Gate, simulateGate, USUAL } from '../src/regress/testing/simulation.js';

const PAIRS = 1000;
const drifting = { ...USUAL, runSpread: 0.03 };
const GATES: readonly [name: string, gate: Gate][] = [
  ['step, threshold 5 %; runs differ by 0.3 %', USUAL],
  [
    'speedup, threshold 5 %; other machines, runs differ by 30 %',
    { ...USUAL, metric: 'speedup', runSpread: 0.3 },
  ],
  ['step, threshold 5 %; runs differ by 3 %', drifting],
  ...[2, 3, 5, 10].map((bases): [string, Gate] => [
    `step, threshold auto of ${bases} bases; runs differ by 3 %`,
    { ...drifting, thresholdPercent: 'auto', bases },
  ]),
  ['step, threshold auto of 5 bases; runs differ by 0.3 %', { ...USUAL, thresholdPercent: 'auto', bases: 5 }],
];

console.log(
  '20 rounds, two rows; 2 % noise, 5 % of the rounds spikes of 1.5 times, drift within a run of up to 1 %',
);
console.log(`of ${PAIRS} pairs each:`.padEnd(62), 'A/A called regressed', ' 10 % slower called regressed');
for (const [name, gate] of GATES) {
  const { falseAlarms, found } = simulateGate(PAIRS, gate);
  console.log(name.padEnd(62), String(falseAlarms).padStart(20), String(found).padStart(29));
}
