import { ELEMENT_BYTES } from '../../data/dataset.js';
import type { DType } from '../../words.js';

/** Threads per block: a multiple of the warp size, equal to the kernel's launch bounds. */
export const BLOCK = 256;
/** Bytes of one vector load of the kernel. */
const VECTOR_BYTES = 16;
/** Log2 of the threads of a warp. */
const WARP_BITS = 5;

/** What limits the number of blocks of a launch. */
export interface GridLimits {
  readonly multiprocessors: number;
  /** Blocks of the kernel that fit on one multiprocessor at the same time. */
  readonly residentBlocks: number;
}

/** The most blocks of a launch: as many as are resident at the same time, but at most `perMultiprocessor` per multiprocessor. */
export function mostBlocks(
  { multiprocessors, residentBlocks }: GridLimits,
  perMultiprocessor = Number.POSITIVE_INFINITY,
): number {
  return Math.max(1, Math.min(residentBlocks, perMultiprocessor) * multiprocessors);
}

/** Blocks for a contiguous mini-batch: enough for one 16-byte load per thread, at most `most`. */
export function blocksForSlice(elements: number, dtype: DType, most: number): number {
  return blocksFor((elements * ELEMENT_BYTES[dtype]) / VECTOR_BYTES, most);
}

/** Blocks for gathered rows: enough for one team per row, at most `most`. */
export function blocksForRows(rows: number, teamBits: number, most: number): number {
  return blocksFor(rows * 2 ** teamBits, most);
}

/**
 * Log2 of the lanes that process a row together (a team): one lane for each 16-byte load of the row and for each element before
 * the first aligned load, at most a warp. With narrow rows, several teams share a warp.
 */
export function teamBitsFor(cols: number, dtype: DType): number {
  const perVector = VECTOR_BYTES / ELEMENT_BYTES[dtype];
  const lanes = Math.max(Math.min(cols, perVector), Math.ceil(cols / perVector));
  return Math.min(WARP_BITS, Math.ceil(Math.log2(lanes)));
}

function blocksFor(threads: number, most: number): number {
  return Math.max(1, Math.min(most, Math.ceil(threads / BLOCK)));
}
