import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Values } from '../../data/dataset.js';
import type { Order } from '../../plan/order.js';
import { type Plan, rowsOf } from '../../plan/plan.js';
import type { Strategy } from '../../plan/strategy.js';
import { type Chunk, chunkAt, stagingOf } from '../chunk.js';
import type { Tfjs } from './namespace.js';

/**
 * Makes the mini-batch of step `step`, a tensor that the step disposes. `indexes` are those of the whole order: of mini-batches,
 * or of rows with `--sampling gather`.
 */
type MiniBatch = (indexes: Int32Array, step: number) => Tensor;

/** Makes the mini-batches of a strategy as tensors: from the host's array, from the resident dataset, or from a chunk. */
export class MiniBatches {
  /** The mini-batch of a step. */
  readonly at: MiniBatch;
  readonly #tf: Tfjs;
  readonly #values: Float32Array;
  readonly #plan: Plan;
  readonly #isResident: boolean;
  #resident: Tensor2D | undefined;
  /** The current call of `steps`, and its current chunk, from which mini-batches are sliced. */
  #call: { readonly order: Order; readonly to: number } | undefined;
  #chunk: { readonly tensor: Tensor2D; readonly chunk: Chunk; readonly index: number } | undefined;

  /** `values` is the row-major dataset, with the shape in the plan. */
  constructor(tf: Tfjs, values: Float32Array, plan: Plan, { resident, loop }: Strategy) {
    this.#tf = tf;
    this.#values = values;
    this.#plan = plan;
    this.#isResident = resident;
    const gather = plan.sampling === 'gather';
    if (resident) this.at = gather ? this.#gatherOnDevice : this.#sliceOnDevice;
    else if (loop === 'chunk') this.at = this.#sliceOfChunk;
    else this.at = gather ? this.#feedGathered : this.#feedSlice;
  }

  /** Uploads the dataset if the strategy is resident, replacing an earlier upload. */
  async upload(): Promise<void> {
    if (!this.#isResident) return;
    const { rows, cols } = this.#plan;
    this.dispose();
    this.#resident = this.#tf.tensor(this.#values, [rows, cols], 'float32');
    // tfjs uploads a tensor at the first op that reads it, not when it is created.
    const row = this.#tf.slice(this.#resident, [0, 0], [1, -1]);
    try {
      await row.data();
    } finally {
      row.dispose();
    }
  }

  /** Begins a call of `steps`, which ends before step `to`. */
  begin(order: Order, to: number): void {
    this.#call = { order, to };
  }

  /** Ends the call of `steps` and disposes its last chunk. */
  end(): void {
    this.#chunk?.tensor.dispose();
    this.#chunk = undefined;
  }

  /** Disposes the resident dataset. May be called repeatedly. */
  dispose(): void {
    this.#resident?.dispose();
    this.#resident = undefined;
  }

  /** Passes a view of the host array, because copying it would be a cost of the benchmark, not of the strategy. */
  #feedSlice: MiniBatch = (indexes, step) => {
    const { cols } = this.#plan;
    const [begin, end] = rowsOf(this.#plan, indexes[step]!);
    return this.#tf.tensor(this.#values.subarray(begin * cols, end * cols), [end - begin, cols], 'float32');
  };

  #sliceOnDevice: MiniBatch = (indexes, step) => {
    const [begin, end] = rowsOf(this.#plan, indexes[step]!);
    return this.#tf.slice(this.#resident!, [begin, 0], [end - begin, -1]);
  };

  /** `feed-chunk`: slices the mini-batch from a chunk that was copied in one transfer. */
  #sliceOfChunk: MiniBatch = (indexes, step) => {
    const { batch } = this.#plan;
    const held = this.#chunk;
    const { chunk, tensor } =
      held !== undefined && step < held.chunk.from + held.chunk.steps ? held : this.#nextChunk(indexes, step);
    const begin = (step - chunk.from) * batch;
    return this.#tf.slice(tensor, [begin, 0], [Math.min(batch, chunk.rows - begin), -1]);
  };

  /** Stages the chunk that begins with step `step` in a new array, because tfjs may still use the previous one. */
  #nextChunk(indexes: Int32Array, step: number): { readonly chunk: Chunk; readonly tensor: Tensor2D } {
    const { batch, cols } = this.#plan;
    const index = this.#chunk === undefined ? 0 : this.#chunk.index + 1;
    this.end();
    const { order, to } = this.#call!;
    const chunk = chunkAt(this.#plan, order, index, step, to)!;
    const values = new Float32Array(chunk.steps * batch * cols);
    const stage = stagingOf(this.#plan, this.#values as Values);
    while (chunk.staged < chunk.steps) stage(chunk, indexes, values);
    const tensor = this.#tf.tensor(
      values.subarray(0, chunk.rows * cols),
      [chunk.rows, cols],
      'float32',
    ) as Tensor2D;
    this.#chunk = { tensor, chunk, index };
    return this.#chunk;
  }

  /** Gathers the rows into a new array at each step, because tfjs may still use the previous one. */
  #feedGathered: MiniBatch = (indexes, step) => {
    const { batch, cols } = this.#plan;
    const rows = indexes.subarray(step * batch, (step + 1) * batch);
    const gathered = new Float32Array(rows.length * cols);
    for (let i = 0; i < rows.length; i++) {
      gathered.set(this.#values.subarray(rows[i]! * cols, (rows[i]! + 1) * cols), i * cols);
    }
    return this.#tf.tensor(gathered, [rows.length, cols], 'float32');
  };

  #gatherOnDevice: MiniBatch = (indexes, step) => {
    const { batch } = this.#plan;
    const list = this.#tf.tensor(indexes.subarray(step * batch, (step + 1) * batch), undefined, 'int32');
    try {
      return this.#tf.gather(this.#resident!, list as never);
    } finally {
      list.dispose();
    }
  };
}
