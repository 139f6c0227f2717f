import type { RecordableHistogram } from 'node:perf_hooks';
import type { Dataset } from '../data/dataset.js';
import type { Phases, Session, Unmeasured } from '../engine/engine.js';
import type { Reference } from '../engine/reference.js';
import type { OpenedEngine } from '../engine/registry.js';
import type { Orders } from '../plan/order.js';
import { isProportional, movementOf, type Plan } from '../plan/plan.js';
import type { Strategy } from '../plan/strategy.js';
import { MAX_SCALARS, type Scalars } from './scalars.js';
import type { Timer } from './timer.js';
import type { Verified } from './verify.js';

/**
 * The objects that the rows of a case share: the dataset, the sequence of steps, the reference, the clock and the memory for
 * scalars.
 */
export interface CaseContext {
  readonly opened: OpenedEngine;
  readonly dataset: Dataset;
  readonly plan: Plan;
  readonly orders: Orders;
  readonly reference: Reference;
  readonly timer: Timer;
  /** Scalars of the latest steps. They are verified when the memory is full or the block has ended. */
  readonly scalars: Scalars;
}

/** Verifies the `count` scalars of the steps of the sequence from step `at` on, which took `ns`. */
export type Verify = (at: number, count: number, scalars: Float64Array, ns: number) => Promise<Verified>;

/** The result of running some steps. */
export interface Run {
  readonly steps: number;
  readonly ns: number;
  readonly verifiedSteps: number;
  /** Sum of the verified scalars. */
  readonly sum: number;
}

/** Longest intended duration of a call of a session, ns. Ctrl-C takes effect after each call. */
const CALL_NS = 100e6;
/**
 * A call has at most this many times the steps of the largest call before it, because the first steps predict the next ones
 * poorly.
 */
const GROWTH = 16;
/** The shortest step time that is assumed, ns. */
const MIN_STEP_NS = 1;
/** Steps that are timed singly after a block: this share of its steps, up to a maximum. */
const SINGLE_STEPS = { share: 0.1, most: 1000 } as const;
/** Steps whose phases are timed; fewer if they take longer than `PHASES_NS`. */
const PHASE_STEPS = 200;
export const PHASES_NS = 50e6;

/**
 * Runs the steps of one session, in calls that are short enough for Ctrl-C to take effect. Only the calls of `Session` are timed.
 */
export class Stepper implements AsyncDisposable {
  readonly #context: CaseContext;
  readonly #strategy: Strategy;
  readonly #session: Session;
  #stepNs = Number.POSITIVE_INFINITY;
  /** The most steps that one call has covered. */
  #largestCall = 0;

  constructor(context: CaseContext, strategy: Strategy, session: Session) {
    this.#context = context;
    this.#strategy = strategy;
    this.#session = session;
  }

  /** Mean step time of the latest run of steps, ns; infinite before the first run. */
  get stepNs(): number {
    return this.#stepNs;
  }

  /** The number of steps of a call is a multiple of this, except for the last steps of an epoch. */
  get multiple(): number {
    return this.#session.stepMultiple ?? 1;
  }

  /** Uploads what the strategy keeps on the device. Returns the time, ns. */
  async setup(): Promise<number> {
    const { plan, timer } = this.#context;
    await timer.yieldIfDue();
    const before = this.#session.h2dBytes?.();
    const ns = await timer.time(() => this.#session.setup());
    this.#mustHaveMoved(before, 'setup', movementOf(plan, this.#strategy).h2dBytesSetup);
    return ns;
  }

  /**
   * Runs `steps` steps of the sequence from step `at` on. Only the calls of the session are timed; orders are drawn, scalars are
   * verified and the event loop runs outside the timed parts.
   */
  async run(at: number, steps: number, verify: Verify): Promise<Run> {
    const { orders, scalars, timer, plan } = this.#context;
    const bytesBefore = this.#session.h2dBytes?.();
    let [done, ns, verifiedSteps, sum] = [0, 0, 0, 0];
    // The number of scalars that are not yet verified, and the time of their steps.
    let [waiting, waitingNs] = [0, 0];
    const settle = async () => {
      const verified = await verify(at + done - waiting, waiting, scalars.first(waiting), waitingNs);
      verifiedSteps += verified.steps;
      sum += verified.sum;
      [waiting, waitingNs] = [0, 0];
    };
    while (done < steps) {
      await timer.yieldIfDue();
      const wanted = Math.min(steps - done, this.callSteps(steps - done));
      if (waiting + wanted > MAX_SCALARS) await settle();
      await timer.through(orders.drawing(at + done));
      const { order, from, to } = orders.stretch(at + done, wanted);
      const count = to - from;
      const out = scalars.room(waiting, count);
      const callNs = await timer.time(() => this.#session.steps(order, from, to, out));
      done += count;
      ns += callNs;
      waiting += count;
      waitingNs += callNs;
      this.#largestCall = Math.max(this.#largestCall, count);
      this.#stepNs = ns / done;
    }
    await settle();
    if (isProportional(plan, at, done)) {
      const plannedBytes = movementOf(plan, this.#strategy).h2dBytesPerStep * done;
      this.#mustHaveMoved(bytesBefore, `${done} steps`, plannedBytes);
    }
    return { steps: done, ns, verifiedSteps, sum };
  }

  /**
   * Times single steps of the block `run`, which began at step `at`. Does nothing if steps cannot be separated: a recorded graph is
   * replayed as a whole, and without a wait after each step a step only queues its work.
   */
  async timeSingleSteps(at: number, run: Run, histogram: RecordableHistogram): Promise<void> {
    const { orders, scalars, timer, plan } = this.#context;
    if (this.multiple > 1 || plan.fetch === 'epoch') return;
    // The time of a block with a single step is already known.
    if (run.steps === 1) {
      histogram.record(Math.max(1, Math.round(run.ns)));
      return;
    }
    const end = at + Math.min(SINGLE_STEPS.most, Math.ceil(run.steps * SINGLE_STEPS.share));
    for (let next = at; next < end; ) {
      await timer.yieldIfDue();
      await timer.through(orders.drawing(next));
      const { order, from, to } = orders.stretch(next, this.callSteps(end - next));
      await this.#session.steps(order, from, to, scalars.room(0, to - from), histogram);
      next += to - from;
    }
  }

  /** Times the phases of a step on the device, if the engine can, separately from all timed blocks. */
  async phases(): Promise<Phases | Unmeasured | undefined> {
    const { orders, timer } = this.#context;
    await timer.yieldIfDue();
    await timer.through(orders.drawing(0));
    const { order, from, to } = orders.stretch(0, Math.min(PHASE_STEPS, this.stepsIn(PHASES_NS)));
    return this.#session.phases?.(order, from, to);
  }

  /** Steps of the next call, at most `wanted`: short enough for Ctrl-C, within the memory for scalars, and growing slowly. */
  callSteps(wanted: number): number {
    const { maxSteps = Number.POSITIVE_INFINITY } = this.#session;
    const growing = Math.max(1, this.#largestCall * GROWTH);
    const most = Math.min(wanted, maxSteps, MAX_SCALARS, growing, this.stepsIn(CALL_NS));
    return Math.max(this.multiple, Math.floor(most / this.multiple) * this.multiple);
  }

  /** Number of steps that last about `ns`, at least one. */
  stepsIn(ns: number): number {
    return Math.max(1, Math.ceil(ns / Math.max(this.#stepNs, MIN_STEP_NS)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }

  /**
   * Compares the bytes that the session counted with the plan. Both counts are pinbench's own, so a difference is a bug in
   * pinbench.
   */
  #mustHaveMoved(before: number | undefined, what: string, plannedBytes: number): void {
    const after = this.#session.h2dBytes?.();
    if (before === undefined || after === undefined) return;
    // The mean over an epoch multiplied by the steps may miss a whole number by a rounding error.
    if (Math.abs(after - before - plannedBytes) < 0.5 + plannedBytes * 1e-12) return;
    throw new ByteCountError(
      `${this.#strategy.name}, ${what}: ${after - before} bytes moved to the device, but the plan says ${plannedBytes}`,
    );
  }
}

/** A bug in pinbench: the plan and the engine disagree about the bytes that a strategy moves. */
export class ByteCountError extends Error {
  override readonly name = 'ByteCountError';
}
