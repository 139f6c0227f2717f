// Counts how often the gate reports a regression that does not exist, and how often it finds one of 10 %: the real code on
// simulated machines.
//   npm run bench:gate
import { type Gate, SHARED, STEADY, simulateGate } from '../src/regress/testing/simulation.js';

const COMPARISONS = 1000;
const step = { metric: 'step', thresholdPercent: 5 } as const;
const speedup = { metric: 'speedup', thresholdPercent: 5 } as const;
const others = { ...SHARED, processSpread: 0.3 };

const GATES = ([1, 2, 4, 8, 16, 64] as const).flatMap((processes): [name: string, gate: Gate][] => [
  [`steady machine: step, ${processes} per side`, { ...step, processes, machine: STEADY }],
  [`shared machine: step, ${processes} per side`, { ...step, processes, machine: SHARED }],
  [`shared machine: speedup, ${processes} per side`, { ...speedup, processes, machine: SHARED }],
  [
    `machines that differ by 30 %: speedup, ${processes} per side`,
    { ...speedup, processes, machine: others },
  ],
]);

const WIDTH = 58;
console.log(
  'processes per side with 10 rounds each, two rows; 2 % noise, spikes to 1.5 times the step time in 5 % of the blocks, drift of up to 1 % within a process; threshold 5 %',
);
console.log(
  `called regressed, of ${COMPARISONS} comparisons each:`.padEnd(WIDTH),
  'same code',
  ' 10 % slower',
);
for (const [name, gate] of GATES) {
  const { falseAlarms, found } = simulateGate(COMPARISONS, gate);
  console.log(name.padEnd(WIDTH), String(falseAlarms).padStart(9), String(found).padStart(12));
}
