import { randomOf, shuffleInPlace } from '../plan/random.js';

/**
 * An endless series of permutations of 0…rows−1: the sequence of the rows in each round.
 *
 * Rounds come in pairs, an arrangement and its reverse, so that after every even number of rounds each row has preceded each
 * other row exactly half of the time. The arrangements are the rotations of a random permutation, so that after 2·rows rounds
 * each row has been at each place equally often. The seed determines the permutations, the order of the rotations and which of a
 * pair comes first.
 */
export function* schedule(rows: number, seed: number): Generator<readonly number[], never> {
  const identity = Array.from({ length: rows }, (_, i) => i);
  for (let turn = 0; ; turn++) {
    const random = randomOf(seed, 'schedule', turn);
    const permutation = shuffleInPlace([...identity], random);
    for (const shift of shuffleInPlace([...identity], random)) {
      const rotation = [...permutation.slice(shift), ...permutation.slice(0, shift)];
      const pair = [rotation, rotation.toReversed()] as const;
      for (const index of shuffleInPlace([0, 1], random)) yield pair[index]!;
    }
  }
}
