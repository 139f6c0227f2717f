import { ELEMENT_BYTES } from '../../data/dataset.js';
import type { DType } from '../../words.js';

/** Threads of a block: whole warps, as the kernel's launch bounds say. */
export const BLOCK = 256;
/** Bytes of one load of the kernel. */
const VECTOR_BYTES = 16;
/** Threads of a warp, by their power of two. */
const WARP_BITS = 5;

/** How many blocks a launch has at most: those that are resident at once, or fewer that each do more. */
export interface GridLimits {
  readonly multiprocessors: number;
  /** Blocks of the kernel that a multiprocessor holds at once. */
  readonly residentBlocks: number;
}

/** Blocks of a launch at most, where a multiprocessor is to have at most `perMultiprocessor` of them. */
export function mostBlocks(
  { multiprocessors, residentBlocks }: GridLimits,
  perMultiprocessor = Number.POSITIVE_INFINITY,
): number {
  return Math.max(1, Math.min(residentBlocks, perMultiprocessor) * multiprocessors);
}

/** Blocks for a contiguous mini-batch: as many as have a 16-byte load a thread. */
export function blocksForSlice(elements: number, dtype: DType, most: number): number {
  return blocksFor((elements * ELEMENT_BYTES[dtype]) / VECTOR_BYTES, most);
}

/** Blocks for rows that are gathered: as many as have a team for each row. */
export function blocksForRows(rows: number, teamBits: number, most: number): number {
  return blocksFor(rows * 2 ** teamBits, most);
}

/**
 * Lanes that take a row together, by their power of two: one for each 16-byte load of the row and for each element before the
 * first whole load, at most a warp. Narrow rows leave the other lanes of a warp to other rows.
 */
export function teamBitsFor(cols: number, dtype: DType): number {
  const perVector = VECTOR_BYTES / ELEMENT_BYTES[dtype];
  const lanes = Math.max(Math.min(cols, perVector), Math.ceil(cols / perVector));
  return Math.min(WARP_BITS, Math.ceil(Math.log2(lanes)));
}

function blocksFor(threads: number, most: number): number {
  return Math.max(1, Math.min(most, Math.ceil(threads / BLOCK)));
}
