import { setImmediate } from 'node:timers/promises';
import type { Dataset } from './dataset.js';

/** How many values of a matrix are not finite. */
export interface NotFinite {
  readonly nan: number;
  readonly infinite: number;
  /** How many values were checked: all, or an evenly spread part of a large matrix; 0 if the type has only finite values. */
  readonly lookedAt: number;
}

/** 1 GiB of float32, which takes about half a second. Of a larger matrix, evenly spread blocks are checked. */
const MAX_VALUES = 2 ** 28;
const BLOCK = 2 ** 16;
/** How many blocks, some 16 MB, are checked between two yields to the event loop, so that signals are handled. */
const BLOCKS_A_TURN = 64;

/**
 * Counts NaNs and infinities, including infinities that the cast of large float64 values made. Stops early if the signal fires.
 */
export async function countNotFinite(
  { values, dtype, castFrom }: Dataset,
  signal?: AbortSignal,
  maxValues = MAX_VALUES,
): Promise<NotFinite> {
  const count = { nan: 0, infinite: 0, lookedAt: 0 };
  // Integers and bools cast to float32 are all within its range.
  if (!(castFrom ?? dtype).includes('float') || !dtype.startsWith('float')) return count;
  const blocks = Math.ceil(values.length / BLOCK);
  const looked = Math.min(blocks, Math.ceil(maxValues / BLOCK));
  for (let i = 0; i < looked; i++) {
    if (i % BLOCKS_A_TURN === 0) await setImmediate();
    if (signal?.aborted === true) break;
    const from = Math.floor((i * blocks) / looked) * BLOCK;
    const to = Math.min(from + BLOCK, values.length);
    if (dtype === 'float16') countBits(values as Uint16Array, from, to, count);
    else {
      const floats = values as Float32Array | Float64Array;
      if (!areFinite(floats, from, to)) countFloats(floats, from, to, count);
    }
    count.lookedAt += to - from;
  }
  return count;
}

/** Zero times a finite value is zero, otherwise NaN. Four sums are used because additions to a single sum wait for each other. */
function areFinite(values: Float32Array | Float64Array, from: number, to: number): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const fours = to - ((to - from) % 4);
  for (let i = from; i < fours; i += 4) {
    a += values[i]! * 0;
    b += values[i + 1]! * 0;
    c += values[i + 2]! * 0;
    d += values[i + 3]! * 0;
  }
  for (let i = fours; i < to; i++) a += values[i]! * 0;
  return a + b + c + d === 0;
}

type Count = { nan: number; infinite: number };

function countFloats(values: Float32Array | Float64Array, from: number, to: number, count: Count): void {
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) count.nan += 1;
    else if (value - value !== 0) count.infinite += 1;
  }
}

/** IEEE 754 binary16: an exponent of all ones means infinity if the fraction is zero, otherwise NaN. */
function countBits(bits: Uint16Array, from: number, to: number, count: Count): void {
  for (let i = from; i < to; i++) {
    const magnitude = bits[i]! & 0x7fff;
    if (magnitude > 0x7c00) count.nan += 1;
    else if (magnitude === 0x7c00) count.infinite += 1;
  }
}
