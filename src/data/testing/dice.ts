import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** Random choices that depend only on the seed and the case, on every machine. */
export class Dice {
  readonly #random: RandomGenerator;

  constructor(seed: number, number: number) {
    // MurmurHash3's finalizer makes neighbouring cases independent.
    let h = Math.imul(seed | 0, 0x9e3779b9) ^ (number | 0);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    this.#random = xoroshiro128plus(h ^ (h >>> 16));
  }

  /** An integer from 0 to `end` − 1. */
  below(end: number): number {
    return uniformInt(this.#random, 0, end - 1);
  }

  /** True in `percent` of all cases. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}
