import { randomOf, shuffleInPlace } from '../plan/batches.js';

/**
 * Who goes first in each round: for `contenders` strategies and `rounds` rounds, a permutation of 0…contenders−1 each.
 *
 * Rounds come in pairs, an arrangement and its reverse, so after every even number of rounds each strategy stood before
 * each other exactly half of the time. The arrangements are the rotations of a random permutation, so after
 * 2·contenders rounds each strategy was at each place equally often. The seed draws the permutations, the order of the
 * rotations and which of a pair comes first.
 */
export function schedule(contenders: number, rounds: number, seed: number): number[][] {
  const plan: number[][] = [];
  const identity = Array.from({ length: contenders }, (_, i) => i);
  for (let turn = 0; plan.length < rounds; turn++) {
    const random = randomOf(seed, 'schedule', turn);
    const permutation = shuffleInPlace([...identity], random);
    for (const shift of shuffleInPlace([...identity], random)) {
      const rotation = [...permutation.slice(shift), ...permutation.slice(0, shift)];
      plan.push(
        ...shuffleInPlace([0, 1], random).map((first) => (first === 0 ? rotation : rotation.toReversed())),
      );
    }
  }
  return plan.slice(0, rounds);
}
