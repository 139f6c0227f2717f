import type { RecordableHistogram } from 'node:perf_hooks';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { type Plan, rowsOf } from '../../plan/plan.js';
import type { Strategy } from '../../plan/strategy.js';
import { type Session, StrategyUnavailable } from '../engine.js';
import { StepWatch } from '../step-watch.js';
import type { Tfjs } from './namespace.js';

/** How step `step` of `order` gets its mini-batch, a tensor the step disposes. */
type MiniBatch = (order: Int32Array, step: number) => Tensor;

/** What TensorFlow and Dawn say where the device has no room. */
const OUT_OF_MEMORY = /out of memory|OOM|failed to allocate|Dst tensor is not initialized/i;

/** `feed` or `pin` over a tfjs namespace. The graph is `sum(square(batch))`, run `work` times. */
export class TfjsSession implements Session {
  readonly #tf: Tfjs;
  readonly #values: Float32Array;
  readonly #plan: Plan;
  readonly #strategy: Strategy;
  readonly #miniBatch: MiniBatch;
  readonly #awaits: boolean;
  #resident: Tensor2D | undefined;

  /** `values` is the row-major dataset of the plan's shape. With `awaits` scalars come back by promises: no other backend pays for them. */
  constructor(tf: Tfjs, values: Float32Array, plan: Plan, strategy: Strategy, awaits = false) {
    this.#awaits = awaits;
    this.#tf = tf;
    this.#values = values;
    this.#plan = plan;
    this.#strategy = strategy;
    const gather = plan.sampling === 'gather';
    if (strategy.resident) this.#miniBatch = gather ? this.#gatherOnDevice : this.#sliceOnDevice;
    else this.#miniBatch = gather ? this.#feedGathered : this.#feedSlice;
  }

  async setup(): Promise<void> {
    if (!this.#strategy.resident) return;
    const { rows, cols } = this.#plan;
    try {
      this.#resident = this.#tf.tensor(this.#values, [rows, cols], 'float32');
      // A tensor is uploaded at the first op that reads it, not at its creation.
      const row = this.#tf.slice(this.#resident, [0, 0], [1, -1]);
      await row.data();
      row.dispose();
    } catch (error) {
      const [message] = (error instanceof Error ? error.message : String(error)).split('\n');
      if (!OUT_OF_MEMORY.test(message!)) throw error;
      throw new StrategyUnavailable(`the dataset does not fit on the device: ${message}`, { cause: error });
    }
  }

  epoch(order: Int32Array, out: Float64Array, stepNs?: RecordableHistogram): Promise<void> | void {
    const watch = stepNs && new StepWatch(stepNs);
    if (this.#awaits) return this.#awaitingEpoch(order, out, watch);
    if (this.#plan.fetch === 'epoch') this.#fetchPerEpoch(order, out, watch);
    else this.#fetchPerStep(order, out, watch);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#resident?.dispose();
    this.#resident = undefined;
  }

  #fetchPerStep(order: Int32Array, out: Float64Array, watch: StepWatch | undefined): void {
    const steps = this.#stepsOf(order);
    watch?.start();
    for (let step = 0; step < steps; step++) {
      const scalar = this.#step(order, step);
      out[step] = scalar.dataSync()[0]!;
      scalar.dispose();
      watch?.lap();
    }
  }

  #fetchPerEpoch(order: Int32Array, out: Float64Array, watch: StepWatch | undefined): void {
    const stacked = this.#stackedScalars(order, watch);
    out.set(stacked.dataSync());
    stacked.dispose();
  }

  async #awaitingEpoch(order: Int32Array, out: Float64Array, watch: StepWatch | undefined): Promise<void> {
    if (this.#plan.fetch === 'epoch') {
      const stacked = this.#stackedScalars(order, watch);
      out.set(await stacked.data());
      stacked.dispose();
      return;
    }
    const steps = this.#stepsOf(order);
    watch?.start();
    for (let step = 0; step < steps; step++) {
      const scalar = this.#step(order, step);
      out[step] = (await scalar.data())[0]!;
      scalar.dispose();
      watch?.lap();
    }
  }

  #stackedScalars(order: Int32Array, watch: StepWatch | undefined): Tensor {
    const scalars = new Array<Scalar>(this.#stepsOf(order));
    watch?.start();
    for (let step = 0; step < scalars.length; step++) {
      scalars[step] = this.#step(order, step);
      watch?.lap();
    }
    const stacked = this.#tf.stack(scalars);
    for (const scalar of scalars) scalar.dispose();
    return stacked;
  }

  #step(order: Int32Array, step: number): Scalar {
    const batch = this.#miniBatch(order, step);
    let scalar = this.#graph(batch);
    for (let pass = 1; pass < this.#plan.work; pass++) {
      scalar.dispose();
      scalar = this.#graph(batch);
    }
    batch.dispose();
    return scalar;
  }

  #graph(batch: Tensor): Scalar {
    const squares = this.#tf.square(batch);
    const scalar = this.#tf.sum(squares) as Scalar;
    squares.dispose();
    return scalar;
  }

  #stepsOf(order: Int32Array): number {
    return this.#plan.sampling === 'gather' ? Math.ceil(order.length / this.#plan.batch) : order.length;
  }

  /** A view, not a copy: copying the host array would be the benchmark's own cost, not the strategy's. */
  #feedSlice: MiniBatch = (order, step) => {
    const { cols } = this.#plan;
    const [begin, end] = rowsOf(this.#plan, order[step]!);
    return this.#tf.tensor(this.#values.subarray(begin * cols, end * cols), [end - begin, cols], 'float32');
  };

  #sliceOnDevice: MiniBatch = (order, step) => {
    const [begin, end] = rowsOf(this.#plan, order[step]!);
    return this.#tf.slice(this.#resident!, [begin, 0], [end - begin, -1]);
  };

  /** Rows are gathered into a new array each step: tfjs may still hold the last one. */
  #feedGathered: MiniBatch = (order, step) => {
    const { batch, cols } = this.#plan;
    const rows = order.subarray(step * batch, (step + 1) * batch);
    const gathered = new Float32Array(rows.length * cols);
    for (let i = 0; i < rows.length; i++) {
      gathered.set(this.#values.subarray(rows[i]! * cols, (rows[i]! + 1) * cols), i * cols);
    }
    return this.#tf.tensor(gathered, [rows.length, cols], 'float32');
  };

  #gatherOnDevice: MiniBatch = (order, step) => {
    const { batch } = this.#plan;
    const indexes = this.#tf.tensor(order.subarray(step * batch, (step + 1) * batch), undefined, 'int32');
    const rows = this.#tf.gather(this.#resident!, indexes as never);
    indexes.dispose();
    return rows;
  };
}
