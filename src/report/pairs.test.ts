import { expect, it } from 'vitest';
import { comparePairs, type Pair } from '../regress/pairs.js';
import { recordWith } from '../regress/testing/simulation.js';
import { renderPairs } from './pairs.js';

/** Pairs of equal builds; the noise between the processes is a share of the step time of `pin`. */
const pairsOf = (count: number, noise: number): Pair[] =>
  Array.from({ length: count }, (_, i) => {
    const processOf = (pinNs: number) => recordWith((strategy) => (strategy === 'feed' ? 2000 : pinNs));
    return { base: processOf(1000), head: processOf(1000 * (1 + noise * ((i % 3) - 1))) };
  });
const notesIn = (pairs: readonly Pair[]) =>
  renderPairs('table', comparePairs(pairs, { base: 'a', head: 'b' }, { thresholdPercent: 5 })).match(
    /^note .*(?:\n {2,}.*)*/gm,
  );

it('a note that all rows of ab share is printed once, without their names', () => {
  expect(notesIn(pairsOf(5, 0))).toEqual([
    expect.stringMatching(/^note +inconclusive: 5 pairs are too few /),
  ]);
});

it('a note that some rows of ab share is printed once, with their names', () => {
  expect(notesIn(pairsOf(8, 0.2))).toEqual([
    expect.stringMatching(/^note +step of cuda pin, batch 2, work 1; speedup of cuda pin, batch 2, work 1:/),
  ]);
});
