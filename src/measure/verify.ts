import { expectedOf, type Reference } from '../engine/reference.js';
import { PinbenchError } from '../errors.js';
import type { Order, Orders } from '../plan/order.js';
import type { Plan } from '../plan/plan.js';
import type { Timer } from './timer.js';

/** With gathered rows, verification takes at most this share of the time of the timed blocks. */
const GATHER_SHARE = 0.1;
/** Number of elements, or of steps, after which the event loop may get a turn. */
const PAUSE = { elements: 2 ** 20, steps: 1024 } as const;

/** The result of verifying the scalars of some steps. */
export interface Verified {
  /** Number of verified scalars. */
  readonly steps: number;
  /** Their sum, in float64. */
  readonly sum: number;
}

/**
 * Compares the scalars of one row with the reference. Throws a `PinbenchError` of code `mismatch` that names the first wrong
 * scalar.
 */
export class Verifier {
  readonly #subject: string;
  readonly #reference: Reference;
  readonly #orders: Orders;
  readonly #timer: Timer;
  /** Whether all scalars are verified. They are if mini-batches are slices, whose reference sums are known after one epoch. */
  readonly #all: boolean;
  readonly #elementsPerStep: number;
  #checkedSteps = 0;
  #spentNs = 0;
  /** The largest relative difference so far. */
  maxRelError = 0;

  constructor(subject: string, reference: Reference, orders: Orders, timer: Timer, plan: Plan) {
    this.#subject = subject;
    this.#reference = reference;
    this.#orders = orders;
    this.#timer = timer;
    this.#all = plan.sampling === 'slice';
    this.#elementsPerStep = plan.batch * plan.cols;
  }

  /**
   * Verifies the scalars `out[0…count)` of the steps of the sequence from step `at` on. With gathered rows, where the reference
   * costs as much as a step, it verifies only as many as `blockNs`, the time of the steps, allows, evenly spread.
   */
  async block(at: number, count: number, out: Float64Array, blockNs: number): Promise<Verified> {
    if (this.#all || this.#checkedSteps === 0) return this.every(at, count, out);
    const affordable = (blockNs * GATHER_SHARE * this.#checkedSteps) / Math.max(1, this.#spentNs);
    return this.#check(at, count, out, Math.min(count, Math.max(1, Math.floor(affordable))));
  }

  /** Verifies every one of the scalars. */
  every(at: number, count: number, out: Float64Array): Promise<Verified> {
    return this.#check(at, count, out, count);
  }

  /** Verifies `wanted` of `count` scalars: those in the middle of `wanted` equal parts. */
  async #check(at: number, count: number, out: Float64Array, wanted: number): Promise<Verified> {
    const start = this.#timer.nowNs();
    let sum = 0;
    let elements = 0;
    let [order, from, to, first] = [undefined as Order | undefined, 0, 0, 0];
    for (let i = 0; i < wanted; i++) {
      const k = wanted === count ? i : Math.floor(((i + 0.5) * count) / wanted);
      while (order === undefined || k >= first + to - from) {
        if (order !== undefined) first += to - from;
        await this.#timer.through(this.#orders.drawing(at + first));
        ({ order, from, to } = this.#orders.stretch(at + first, count - first));
      }
      const step = from + k - first;
      const scalar = out[k]!;
      const error = this.#reference.errorOf(order, step, scalar);
      if (error === null) throw this.#mismatch(order, step, at + k, scalar);
      if (error > this.maxRelError) this.maxRelError = error;
      sum += scalar;
      elements += this.#elementsPerStep;
      if (elements > PAUSE.elements || i % PAUSE.steps === PAUSE.steps - 1) {
        elements = 0;
        await this.#timer.yieldIfDue();
      }
    }
    this.#checkedSteps += wanted;
    this.#spentNs += this.#timer.nowNs() - start;
    return { steps: wanted, sum };
  }

  #mismatch(order: Order, step: number, sequenceStep: number, scalar: number): PinbenchError {
    const { sum, elements } = this.#reference.step(order, step);
    const { value, tolerance } = expectedOf(sum, elements, this.#reference.sumType);
    return new PinbenchError('mismatch', {
      subject: this.#subject,
      observed: `step ${sequenceStep} returned ${scalar}`,
      expected: tolerance === 0 ? `${value}` : `${value} within ${tolerance.toPrecision(2)}`,
      remedy: 'the engine returned a wrong sum; its timings are withheld',
    });
  }
}
