// How often the gate calls a regression where there is none, and misses one of 10 %: the real code on simulated machines.
//   npm run bench:gate
import { simulateGate } from '../src/regress/testing/simulation.js';

const PAIRS = 1000;
const { falseAlarms, found } = simulateGate(PAIRS);
console.log(
  `20 rounds, 2 % noise, 5 % of them spikes of 1.5 times, 0.5 % drift a run; threshold 5 %, both rows of a record`,
);
console.log(`A/A pairs called regressed:       ${falseAlarms} of ${PAIRS}`);
console.log(`slowdowns of 10 % called regressed: ${found} of ${PAIRS}`);
