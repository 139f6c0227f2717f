import type { RecordableHistogram } from 'node:perf_hooks';
import type { Dataset } from '../data/dataset.js';
import type { Phases, Session, Unmeasured } from '../engine/engine.js';
import type { Reference } from '../engine/reference.js';
import type { OpenedEngine } from '../engine/registry.js';
import type { Orders } from '../plan/order.js';
import { isProportional, movementOf, type Plan } from '../plan/plan.js';
import type { Strategy } from '../plan/strategy.js';
import { MOST_SCALARS, type Scalars } from './scalars.js';
import type { Timer } from './timer.js';
import type { Verified } from './verify.js';

/** What the rows of a case share: the dataset, the sequence of steps, the reference, the clock and the memory for scalars. */
export interface CaseContext {
  readonly opened: OpenedEngine;
  readonly dataset: Dataset;
  readonly plan: Plan;
  readonly orders: Orders;
  readonly reference: Reference;
  readonly timer: Timer;
  /** Scalars of the steps that ran last. They are verified when it is full, or when the block has ended. */
  readonly scalars: Scalars;
}

/** Verifies the `count` scalars of the steps of the sequence from `at` on, which took `ns`. */
export type Verify = (at: number, count: number, scalars: Float64Array, ns: number) => Promise<Verified>;

/** What some steps came to. */
export interface Run {
  readonly steps: number;
  readonly ns: number;
  readonly verifiedSteps: number;
  /** Of the verified scalars. */
  readonly sum: number;
}

/** No call of a session is to last longer, ns: after each, Ctrl-C is heard. */
const CALL_NS = 100e6;
/** A call covers at most so many times the steps of the largest before it: the first steps tell little of the next. */
const GROWTH = 16;
/** No step is taken to be shorter than this, ns. */
const LEAST_STEP_NS = 1;
/** Steps timed one by one after a block: this share of its steps, at most so many. */
const SINGLE_STEPS = { share: 0.1, most: 1000 } as const;
/** Steps whose phases are looked at: so many, fewer where they take longer than this, ns. */
const PHASE_STEPS = 200;
export const PHASES_NS = 50e6;

/** Runs the steps of one session, in calls short enough for Ctrl-C to be heard. Only `Session` itself is ever timed. */
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

  /** How long a step took when steps ran last, ns; infinite before any did. */
  get stepNs(): number {
    return this.#stepNs;
  }

  /** Steps come in whole multiples of this, but for those that an epoch has left. */
  get multiple(): number {
    return this.#session.stepMultiple ?? 1;
  }

  /** Uploads what the strategy keeps on the device; ns. */
  async setup(): Promise<number> {
    const { plan, timer } = this.#context;
    await timer.breathe();
    const before = this.#session.h2dBytes?.();
    const ns = await timer.time(() => this.#session.setup());
    this.#mustHaveMoved(before, 'setup', movementOf(plan, this.#strategy).h2dBytesSetup);
    return ns;
  }

  /**
   * Runs `steps` steps of the sequence from `at` on. Only the calls are timed: orders are drawn, scalars verified and the event
   * loop run outside the clock.
   */
  async run(at: number, steps: number, verify: Verify): Promise<Run> {
    const { orders, scalars, timer, plan } = this.#context;
    const bytesBefore = this.#session.h2dBytes?.();
    let [done, ns, verifiedSteps, sum] = [0, 0, 0, 0];
    // Scalars that wait to be verified, and how long their steps took.
    let [waiting, waitingNs] = [0, 0];
    const settle = async () => {
      const verified = await verify(at + done - waiting, waiting, scalars.first(waiting), waitingNs);
      verifiedSteps += verified.steps;
      sum += verified.sum;
      [waiting, waitingNs] = [0, 0];
    };
    while (done < steps) {
      await timer.breathe();
      const wanted = Math.min(steps - done, this.callSteps(steps - done));
      if (waiting + wanted > MOST_SCALARS) await settle();
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
   * Times steps one by one: a part of the block `run` that began at step `at`. Not where steps cannot be told apart: a graph is
   * replayed as a whole, and without a wait a step only queues its work.
   */
  async timeSingleSteps(at: number, run: Run, histogram: RecordableHistogram): Promise<void> {
    const { orders, scalars, timer, plan } = this.#context;
    if (this.multiple > 1 || plan.fetch === 'epoch') return;
    // A block of a single step has told its time already.
    if (run.steps === 1) {
      histogram.record(Math.max(1, Math.round(run.ns)));
      return;
    }
    const end = at + Math.min(SINGLE_STEPS.most, Math.ceil(run.steps * SINGLE_STEPS.share));
    for (let next = at; next < end; ) {
      await timer.breathe();
      await timer.through(orders.drawing(next));
      const { order, from, to } = orders.stretch(next, this.callSteps(end - next));
      await this.#session.steps(order, from, to, scalars.room(0, to - from), histogram);
      next += to - from;
    }
  }

  /** Looks where a step's time goes on the device, where the engine can tell; apart from everything that is timed. */
  async phases(): Promise<Phases | Unmeasured | undefined> {
    const { orders, timer } = this.#context;
    await timer.breathe();
    await timer.through(orders.drawing(0));
    const { order, from, to } = orders.stretch(0, Math.min(PHASE_STEPS, this.stepsIn(PHASES_NS)));
    return this.#session.phases?.(order, from, to);
  }

  /** Steps that the next call may cover of `wanted`: what is short enough, fits the memory for scalars and grows slowly. */
  callSteps(wanted: number): number {
    const { maxSteps = Number.POSITIVE_INFINITY } = this.#session;
    const growing = Math.max(1, this.#largestCall * GROWTH);
    const most = Math.min(wanted, maxSteps, MOST_SCALARS, growing, this.stepsIn(CALL_NS));
    return Math.max(this.multiple, Math.floor(most / this.multiple) * this.multiple);
  }

  /** Steps that last about `ns`, at least one. */
  stepsIn(ns: number): number {
    return Math.max(1, Math.ceil(ns / Math.max(this.#stepNs, LEAST_STEP_NS)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }

  /** Holds the bytes that the session counted against the plan. Both counts are pinbench's own, so a difference is a bug in it. */
  #mustHaveMoved(before: number | undefined, what: string, plannedBytes: number): void {
    const after = this.#session.h2dBytes?.();
    if (before === undefined || after === undefined) return;
    // A mean over an epoch times its steps may miss a whole number by a rounding.
    if (Math.abs(after - before - plannedBytes) < 0.5 + plannedBytes * 1e-12) return;
    throw new ByteCountError(
      `${this.#strategy.name}, ${what}: ${after - before} bytes moved to the device, the plan says ${plannedBytes}`,
    );
  }
}

/** A bug in pinbench: the plan and the engine disagree about the bytes that a strategy moves. */
export class ByteCountError extends Error {
  override readonly name = 'ByteCountError';
}
