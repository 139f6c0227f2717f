import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** The purpose of a stream of random numbers. Two uses of one seed have different streams. */
export type RandomUse = 'order' | 'schedule';

/** Returns a generator for one use of a seed and one turn of that use. It is the same on every platform. */
export function randomOf(seed: number, use: RandomUse, turn: number): RandomGenerator {
  return xoroshiro128plus(mix(mix(seed | 0, use === 'order' ? 1 : 2), turn));
}

/** Mixes two 32-bit integers into one with MurmurHash3's finalizer (Appleby, 2011). */
function mix(a: number, b: number): number {
  let h = (a ^ Math.imul(b + 1, 0x9e3779b9)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** How many elements are shuffled between two pauses: some tens of milliseconds. */
const PART = 2 ** 17;

/** Shuffles in place (Fisher–Yates), in parts, so that the caller may pause between them. */
export function* shuffling(items: Int32Array | number[], random: RandomGenerator): Generator<void> {
  for (let last = items.length - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last);
    const held = items[last]!;
    items[last] = items[other]!;
    items[other] = held;
    if (last % PART === 0) yield;
  }
}

/** Shuffles in place and returns its argument. */
export function shuffleInPlace<T extends Int32Array | number[]>(items: T, random: RandomGenerator): T {
  for (const _ of shuffling(items, random));
  return items;
}
