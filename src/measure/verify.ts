import { expectedOf, type Reference } from '../engine/reference.js';
import { PinbenchError } from '../errors.js';
import type { Order, Orders } from '../plan/order.js';
import type { Plan } from '../plan/plan.js';
import type { Timer } from './timer.js';

/** Of the time that timed blocks of rows drawn one by one take, their verification takes at most this share. */
const GATHER_SHARE = 0.1;
/** Elements, and steps, after which the event loop may get a turn. */
const PAUSE = { elements: 2 ** 20, steps: 1024 } as const;

/** What the scalars of some steps came to. */
export interface Verified {
  /** How many scalars were looked at. */
  readonly steps: number;
  /** Their sum, in float64. */
  readonly sum: number;
}

/** Holds the scalars of one row against the reference. A `PinbenchError` of code `mismatch` names the first that is wrong. */
export class Verifier {
  readonly #subject: string;
  readonly #reference: Reference;
  readonly #orders: Orders;
  readonly #timer: Timer;
  /** Where mini-batches are slices their sums are known after one epoch: all scalars are verified. */
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
   * Verifies the scalars `out[0…count)` of the steps of the sequence from `at` on. Where the reference costs as much as a step,
   * only as many are looked at as `blockNs`, the time that the steps took, allows; they are evenly spread.
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

  /** Looks at `wanted` of `count` scalars, in the middles of as many equal parts. */
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
        await this.#timer.breathe();
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
