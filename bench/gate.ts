// How often the gate calls a regression where there is none, and finds one of 10 %: the real code on simulated machines.
//   npm run bench:gate
import { type Gate, SHARED, STEADY, simulateGate } from '../src/regress/testing/simulation.js';

const COMPARISONS = 1000;
const step = { metric: 'step', thresholdPercent: 5 } as const;
const speedup = { metric: 'speedup', thresholdPercent: 5 } as const;
const others = { ...SHARED, processSpread: 0.3 };

const GATES = ([1, 2, 4, 8, 16, 64] as const).flatMap((processes): [name: string, gate: Gate][] => [
  [`steady machine: step, ${processes} a side`, { ...step, processes, machine: STEADY }],
  [`shared machine: step, ${processes} a side`, { ...step, processes, machine: SHARED }],
  [`shared machine: speedup, ${processes} a side`, { ...speedup, processes, machine: SHARED }],
  [`machines that differ by 30 %: speedup, ${processes} a side`, { ...speedup, processes, machine: others }],
]);

const WIDTH = 58;
console.log(
  'processes a side, 10 rounds in each, two rows; 2 % noise, 5 % of the rounds spikes of 1.5 times, drift within a process of up to 1 %; threshold 5 %',
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
