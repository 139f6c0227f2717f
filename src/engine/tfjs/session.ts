import type { RecordableHistogram } from 'node:perf_hooks';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { indexesOf, type Order } from '../../plan/order.js';
import type { Plan } from '../../plan/plan.js';
import type { Strategy } from '../../plan/strategy.js';
import { type Session, StrategyUnavailable } from '../engine.js';
import { StepWatch } from '../step-watch.js';
import { MiniBatches } from './mini-batches.js';
import type { Tfjs } from './namespace.js';

/** With `--fetch epoch`, the most steps in one call of `steps`: their scalars are tensors that are stacked at its end. */
const MAX_STACKED_SCALARS = 2 ** 16;

/** The messages with which TensorFlow and Dawn report that device memory ran out, and V8 that host memory did. */
const OUT_OF_MEMORY =
  /out of memory|OOM|failed to allocate|Dst tensor is not initialized|Array buffer allocation failed/i;

/** A strategy on a tfjs backend. The graph is `sum(square(batch))`, run `work` times. */
export class TfjsSession implements Session {
  readonly maxSteps?: number;
  readonly #tf: Tfjs;
  readonly #plan: Plan;
  readonly #miniBatches: MiniBatches;
  readonly #awaits: boolean;

  /**
   * `values` is the row-major dataset, with the shape in the plan. With `awaits`, scalars are read through promises; other
   * backends avoid that cost.
   */
  constructor(tf: Tfjs, values: Float32Array, plan: Plan, strategy: Strategy, awaits = false) {
    this.#awaits = awaits;
    this.#tf = tf;
    this.#plan = plan;
    this.#miniBatches = new MiniBatches(tf, values, plan, strategy);
    if (plan.fetch === 'epoch') this.maxSteps = Math.min(plan.stepsPerEpoch, MAX_STACKED_SCALARS);
  }

  async setup(): Promise<void> {
    try {
      await this.#miniBatches.upload();
    } catch (error) {
      this.#miniBatches.dispose();
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
      throw new Error(`${to - from} steps in one call exceed the limit of ${maxSteps}`);
    if (to === from) return;
    const watch = stepNs && new StepWatch(stepNs);
    this.#miniBatches.begin(order, to);
    if (this.#awaits) return this.#awaitingSteps(order, from, to, out, watch);
    try {
      if (this.#plan.fetch === 'epoch') this.#fetchAtEnd(order, from, to, out, watch);
      else this.#fetchPerStep(order, from, to, out, watch);
    } catch (error) {
      throw orUnavailable(error, 'a step ran out of memory');
    } finally {
      this.#miniBatches.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#miniBatches.dispose();
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
      throw orUnavailable(error, 'a step ran out of memory');
    } finally {
      this.#miniBatches.end();
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
    const batch = this.#miniBatches.at(indexes, step);
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
}

/**
 * Converts an error: if memory ran out, a `StrategyUnavailable` whose message begins with `meaning`; otherwise the error itself.
 */
function orUnavailable(error: unknown, meaning: string): unknown {
  const [message] = (error instanceof Error ? error.message : String(error)).split('\n');
  if (!OUT_OF_MEMORY.test(message!)) return error;
  return new StrategyUnavailable(`${meaning}: ${message}`, { cause: error });
}
