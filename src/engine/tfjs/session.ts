import type { RecordableHistogram } from 'node:perf_hooks';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Values } from '../../data/dataset.js';
import { indexesOf, type Order } from '../../plan/order.js';
import { type Plan, rowsOf } from '../../plan/plan.js';
import type { Strategy } from '../../plan/strategy.js';
import { type Chunk, chunkAt, stagingOf } from '../chunk.js';
import { type Session, StrategyUnavailable } from '../engine.js';
import { StepWatch } from '../step-watch.js';
import type { Tfjs } from './namespace.js';

/** How step `step` gets its mini-batch, a tensor the step disposes. `indexes` are those of the whole order: of mini-batches, or of rows. */
type MiniBatch = (indexes: Int32Array, step: number) => Tensor;

/** With `--fetch epoch` a call of `steps` covers at most so many: their scalars are tensors that are stacked at its end. */
const MOST_STACKED_SCALARS = 2 ** 16;

/** What TensorFlow and Dawn say where the device has no room, and V8 where the host has none. */
const OUT_OF_MEMORY =
  /out of memory|OOM|failed to allocate|Dst tensor is not initialized|Array buffer allocation failed/i;

/** `feed` or `pin` over a tfjs namespace. The graph is `sum(square(batch))`, run `work` times. */
export class TfjsSession implements Session {
  readonly maxSteps?: number;
  readonly #tf: Tfjs;
  readonly #values: Float32Array;
  readonly #plan: Plan;
  readonly #strategy: Strategy;
  readonly #miniBatch: MiniBatch;
  readonly #awaits: boolean;
  #resident: Tensor2D | undefined;
  /** The call of `steps` that is under way, and the chunk of it that mini-batches are cut from. */
  #call: { readonly order: Order; readonly to: number } | undefined;
  #chunk: { readonly tensor: Tensor2D; readonly chunk: Chunk; readonly index: number } | undefined;

  /** `values` is the row-major dataset of the plan's shape. With `awaits` scalars come back by promises: no other backend pays for them. */
  constructor(tf: Tfjs, values: Float32Array, plan: Plan, strategy: Strategy, awaits = false) {
    this.#awaits = awaits;
    this.#tf = tf;
    this.#values = values;
    this.#plan = plan;
    this.#strategy = strategy;
    if (plan.fetch === 'epoch') this.maxSteps = Math.min(plan.stepsPerEpoch, MOST_STACKED_SCALARS);
    const gather = plan.sampling === 'gather';
    if (strategy.resident) this.#miniBatch = gather ? this.#gatherOnDevice : this.#sliceOnDevice;
    else if (strategy.chunk) this.#miniBatch = this.#sliceOfChunk;
    else this.#miniBatch = gather ? this.#feedGathered : this.#feedSlice;
  }

  async setup(): Promise<void> {
    if (!this.#strategy.resident) return;
    const { rows, cols } = this.#plan;
    this.#disposeResident();
    try {
      this.#resident = this.#tf.tensor(this.#values, [rows, cols], 'float32');
      // A tensor is uploaded at the first op that reads it, not at its creation.
      const row = this.#tf.slice(this.#resident, [0, 0], [1, -1]);
      try {
        await row.data();
      } finally {
        row.dispose();
      }
    } catch (error) {
      this.#disposeResident();
      throw orUnavailable(error, 'the dataset does not fit on the device');
    }
  }

  steps(
    order: Order,
    from: number,
    to: number,
    out: Float64Array,
    stepNs?: RecordableHistogram,
  ): Promise<void> | void {
    const { maxSteps = Number.POSITIVE_INFINITY } = this;
    if (to - from > maxSteps)
      throw new Error(`${to - from} steps in one call, which has room for ${maxSteps}`);
    if (to === from) return;
    const watch = stepNs && new StepWatch(stepNs);
    this.#call = { order, to };
    if (this.#awaits) return this.#awaitingSteps(order, from, to, out, watch);
    try {
      if (this.#plan.fetch === 'epoch') this.#fetchAtEnd(order, from, to, out, watch);
      else this.#fetchPerStep(order, from, to, out, watch);
    } catch (error) {
      throw orUnavailable(error, 'there was no memory for a step');
    } finally {
      this.#disposeChunk();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposeResident();
  }

  #disposeResident(): void {
    this.#resident?.dispose();
    this.#resident = undefined;
  }

  #disposeChunk(): void {
    this.#chunk?.tensor.dispose();
    this.#chunk = undefined;
  }

  #fetchPerStep(
    order: Order,
    from: number,
    to: number,
    out: Float64Array,
    watch: StepWatch | undefined,
  ): void {
    const indexes = indexesOf(order);
    watch?.start();
    for (let step = from; step < to; step++) {
      const scalar = this.#step(indexes, step);
      try {
        out[step - from] = scalar.dataSync()[0]!;
      } finally {
        scalar.dispose();
      }
      watch?.lap();
    }
  }

  #fetchAtEnd(order: Order, from: number, to: number, out: Float64Array, watch: StepWatch | undefined): void {
    const stacked = this.#stackedScalars(order, from, to, watch);
    try {
      out.set(stacked.dataSync());
    } finally {
      stacked.dispose();
    }
  }

  async #awaitingSteps(
    order: Order,
    from: number,
    to: number,
    out: Float64Array,
    watch: StepWatch | undefined,
  ): Promise<void> {
    try {
      if (this.#plan.fetch === 'epoch') await this.#awaitAtEnd(order, from, to, out, watch);
      else await this.#awaitPerStep(order, from, to, out, watch);
    } catch (error) {
      throw orUnavailable(error, 'there was no memory for a step');
    } finally {
      this.#disposeChunk();
    }
  }

  async #awaitAtEnd(
    order: Order,
    from: number,
    to: number,
    out: Float64Array,
    watch: StepWatch | undefined,
  ): Promise<void> {
    const stacked = this.#stackedScalars(order, from, to, watch);
    try {
      out.set(await stacked.data());
    } finally {
      stacked.dispose();
    }
  }

  async #awaitPerStep(
    order: Order,
    from: number,
    to: number,
    out: Float64Array,
    watch: StepWatch | undefined,
  ): Promise<void> {
    const indexes = indexesOf(order);
    watch?.start();
    for (let step = from; step < to; step++) {
      const scalar = this.#step(indexes, step);
      try {
        out[step - from] = (await scalar.data())[0]!;
      } finally {
        scalar.dispose();
      }
      watch?.lap();
    }
  }

  #stackedScalars(order: Order, from: number, to: number, watch: StepWatch | undefined): Tensor {
    const indexes = indexesOf(order);
    const scalars: Scalar[] = [];
    try {
      watch?.start();
      for (let step = from; step < to; step++) {
        scalars.push(this.#step(indexes, step));
        watch?.lap();
      }
      return this.#tf.stack(scalars);
    } finally {
      for (const scalar of scalars) scalar.dispose();
    }
  }

  #step(indexes: Int32Array, step: number): Scalar {
    const batch = this.#miniBatch(indexes, step);
    try {
      let scalar = this.#graph(batch);
      for (let pass = 1; pass < this.#plan.work; pass++) {
        scalar.dispose();
        scalar = this.#graph(batch);
      }
      return scalar;
    } finally {
      batch.dispose();
    }
  }

  #graph(batch: Tensor): Scalar {
    const squares = this.#tf.square(batch);
    try {
      return this.#tf.sum(squares) as Scalar;
    } finally {
      squares.dispose();
    }
  }

  /** A view, not a copy: copying the host array would be the benchmark's own cost, not the strategy's. */
  #feedSlice: MiniBatch = (indexes, step) => {
    const { cols } = this.#plan;
    const [begin, end] = rowsOf(this.#plan, indexes[step]!);
    return this.#tf.tensor(this.#values.subarray(begin * cols, end * cols), [end - begin, cols], 'float32');
  };

  #sliceOnDevice: MiniBatch = (indexes, step) => {
    const [begin, end] = rowsOf(this.#plan, indexes[step]!);
    return this.#tf.slice(this.#resident!, [begin, 0], [end - begin, -1]);
  };

  /** `feed-chunk`: the mini-batch is cut from a chunk that was copied in one transfer. */
  #sliceOfChunk: MiniBatch = (indexes, step) => {
    const { batch } = this.#plan;
    const held = this.#chunk;
    const { chunk, tensor } =
      held !== undefined && step < held.chunk.from + held.chunk.steps ? held : this.#nextChunk(indexes, step);
    const begin = (step - chunk.from) * batch;
    return this.#tf.slice(tensor, [begin, 0], [Math.min(batch, chunk.rows - begin), -1]);
  };

  /** Stages the chunk that begins with a step, in a new array: tfjs may still hold the last one. */
  #nextChunk(indexes: Int32Array, step: number): { readonly chunk: Chunk; readonly tensor: Tensor2D } {
    const { batch, cols } = this.#plan;
    const index = this.#chunk === undefined ? 0 : this.#chunk.index + 1;
    this.#disposeChunk();
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

  /** Rows are gathered into a new array each step: tfjs may still hold the last one. */
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

/** What is thrown in place of an error: `StrategyUnavailable` where memory was not to be had, with what that means; else the error. */
function orUnavailable(error: unknown, meaning: string): unknown {
  const [message] = (error instanceof Error ? error.message : String(error)).split('\n');
  if (!OUT_OF_MEMORY.test(message!)) return error;
  return new StrategyUnavailable(`${meaning}: ${message}`, { cause: error });
}
