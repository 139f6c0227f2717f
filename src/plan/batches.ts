import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { Plan } from './plan.js';

/** What a stream of random numbers is for: streams of one seed do not repeat each other. */
export type RandomUse = 'order' | 'schedule';

/** A generator for one use, and one turn of it, of a seed: the same on every platform. */
export function randomOf(seed: number, use: RandomUse, turn: number): RandomGenerator {
  return xoroshiro128plus(mix(mix(seed | 0, use === 'order' ? 1 : 2), turn));
}

/** Spreads two 32-bit integers over one: MurmurHash3's finalizer (Appleby, 2011) of their combination. */
function mix(a: number, b: number): number {
  let h = (a ^ Math.imul(b + 1, 0x9e3779b9)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Shuffles in place (Fisher–Yates) and returns its argument. */
export function shuffleInPlace<T extends Int32Array | number[]>(items: T, random: RandomGenerator): T {
  for (let last = items.length - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last);
    const held = items[last]!;
    items[last] = items[other]!;
    items[other] = held;
  }
  return items;
}

/**
 * The order of each epoch. With `slice`: `stepsPerEpoch` mini-batch indexes. With `gather`: `rowsPerEpoch` row indexes,
 * step k using `[k·batch, (k+1)·batch)` of them. An epoch's order depends on the seed and the epoch alone, so every
 * strategy walks the same one. The last order made is kept: it is valid until the next epoch is asked for.
 */
export class Orders {
  readonly #plan: Plan;
  readonly #indexes: Int32Array;
  readonly #order: Int32Array;
  #turn = -1;

  constructor(plan: Plan) {
    this.#plan = plan;
    // A gathered epoch draws from all rows, the dropped remainder too: a shuffle of all, cut short.
    this.#indexes = new Int32Array(plan.sampling === 'gather' ? plan.rows : plan.stepsPerEpoch);
    this.#order = this.#indexes.subarray(
      0,
      plan.sampling === 'gather' ? plan.rowsPerEpoch : plan.stepsPerEpoch,
    );
  }

  /** The order of epoch `epoch`, 0 and up. */
  of(epoch: number): Int32Array {
    const { sampling, shuffle, seed } = this.#plan;
    const turn = sampling === 'gather' || shuffle === 'epoch' ? epoch : 0;
    if (turn !== this.#turn) {
      for (let i = 0; i < this.#indexes.length; i++) this.#indexes[i] = i;
      if (sampling === 'gather' || shuffle !== 'none')
        shuffleInPlace(this.#indexes, randomOf(seed, 'order', turn));
      this.#turn = turn;
    }
    return this.#order;
  }

  /** The order of the first `steps` steps of epoch `epoch`. */
  firstSteps(epoch: number, steps: number): Int32Array {
    return this.of(epoch).subarray(0, this.#plan.sampling === 'gather' ? steps * this.#plan.batch : steps);
  }
}
