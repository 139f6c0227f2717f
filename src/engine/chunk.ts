import type { Values } from '../data/dataset.js';
import { chunkSteps } from '../plan/chunks.js';
import type { Order } from '../plan/order.js';
import type { Plan } from '../plan/plan.js';

/** Mini-batches that are copied in one transfer; only the last may be short. */
export interface Chunk {
  /** Its first step. */
  readonly from: number;
  readonly steps: number;
  /** The number of steps whose mini-batches are staged so far, and the number of their rows. */
  staged: number;
  rows: number;
}

/** From this many elements on, copying with `set` is faster than with a loop. */
const SET_ELEMENTS = 128;

/** Chunk `index` of a call that ends before step `to`; it begins with step `at`. `undefined` if no steps are left. */
export function chunkAt(plan: Plan, order: Order, index: number, at: number, to: number): Chunk | undefined {
  if (at >= to) return undefined;
  return {
    from: at,
    steps: stepsOf(plan, order, at, Math.min(chunkSteps(plan.chunk, index), to - at)),
    staged: 0,
    rows: 0,
  };
}

/**
 * The steps of a chunk, which ends after a short mini-batch: a mini-batch after that would not start at a multiple of `batch`
 * rows.
 */
function stepsOf(
  { batch, rowsPerEpoch, stepsPerEpoch }: Plan,
  order: Order,
  at: number,
  steps: number,
): number {
  // With `--sampling gather`, only the last mini-batch of an order can be short.
  if (order.kind === 'gather' || rowsPerEpoch % batch === 0) return steps;
  const short = order.batches.subarray(at, at + steps).indexOf(stepsPerEpoch - 1);
  return short === -1 ? steps : short + 1;
}

/**
 * Returns a function that stages the next mini-batch of a chunk behind those already staged. Its `indexes` are those of the whole
 * order: of mini-batches, or of rows with `--sampling gather`.
 */
export function stagingOf(plan: Plan, source: Values) {
  const { batch, cols, rowsPerEpoch } = plan;
  const put = (to: Values, at: number, row: number, rows: number) => {
    const [begin, end] = [row * cols, (row + rows) * cols];
    if (end - begin >= SET_ELEMENTS) (to as Uint8Array).set(source.subarray(begin, end) as Uint8Array, at);
    else for (let from = begin, i = at; from < end; from++, i++) to[i] = source[from]!;
  };
  if (plan.sampling === 'slice') {
    return (chunk: Chunk, indexes: Int32Array, to: Values) => {
      const row = indexes[chunk.from + chunk.staged]! * batch;
      const rows = Math.min(batch, rowsPerEpoch - row);
      put(to, chunk.rows * cols, row, rows);
      chunk.staged += 1;
      chunk.rows += rows;
    };
  }
  return (chunk: Chunk, indexes: Int32Array, to: Values) => {
    const begin = (chunk.from + chunk.staged) * batch;
    const end = Math.min(begin + batch, indexes.length);
    for (let i = begin; i < end; i++) put(to, (chunk.rows + i - begin) * cols, indexes[i]!, 1);
    chunk.staged += 1;
    chunk.rows += end - begin;
  };
}
