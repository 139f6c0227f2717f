import type { Values } from '../data/dataset.js';
import { chunkSteps } from '../plan/chunks.js';
import type { Order } from '../plan/order.js';
import type { Plan } from '../plan/plan.js';

/** Mini-batches that are copied together; only the last may be short. */
export interface Chunk {
  /** Its first step. */
  readonly from: number;
  readonly steps: number;
  /** Steps whose mini-batches are staged, and their rows. */
  staged: number;
  rows: number;
}

/** From so many elements on a copy by `set` is faster than a loop. */
const SET_ELEMENTS = 128;

/** Chunk `index` of a call that ends before step `to`, from step `at` on; none where the call has no more steps. */
export function chunkAt(plan: Plan, order: Order, index: number, at: number, to: number): Chunk | undefined {
  if (at >= to) return undefined;
  return {
    from: at,
    steps: stepsOf(plan, order, at, Math.min(chunkSteps(plan.chunk, index), to - at)),
    staged: 0,
    rows: 0,
  };
}

/** A chunk ends with a short mini-batch: the next would begin within what is a whole one. */
function stepsOf(
  { batch, rowsPerEpoch, stepsPerEpoch }: Plan,
  order: Order,
  at: number,
  steps: number,
): number {
  // Rows that are drawn one by one are short at the end of their order alone.
  if (order.kind === 'gather' || rowsPerEpoch % batch === 0) return steps;
  const short = order.batches.subarray(at, at + steps).indexOf(stepsPerEpoch - 1);
  return short === -1 ? steps : short + 1;
}

/** What writes the next mini-batch of a chunk behind those that are staged. `indexes` are those of the whole order: of mini-batches, or of rows. */
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
