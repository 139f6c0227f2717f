import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Dataset } from '../data/dataset.js';
import type { Phases, Session } from '../engine/engine.js';
import type { Reference } from '../engine/reference.js';
import type { OpenedEngine } from '../engine/registry.js';
import type { Orders } from '../plan/order.js';
import { isProportional, movementOf, type Plan } from '../plan/plan.js';
import type { Strategy } from '../plan/strategy.js';
import type { Conditions, Measured, Skipped, StepTimes, Subject } from './measurement.js';
import { MOST_SCALARS, type Scalars } from './scalars.js';
import type { Timer } from './timer.js';
import { type Verified, Verifier } from './verify.js';

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

/** No call of a session is to last longer: after each, Ctrl-C is heard. */
const CALL_NS = 100e6;
/** A call covers at most so many times the steps of the one before: the first steps tell little of the next. */
const GROWTH = 16;
/** Steps timed one by one after a block: this share of its steps, at most so many. */
const SINGLE_STEPS = { share: 0.1, most: 1000 } as const;
/** Steps whose phases are looked at: so many, fewer where they take longer than this, ns. */
const PHASE_STEPS = 200;
export const PHASES_NS = 50e6;

/** No step is taken to be shorter than this, ns. */
const LEAST_STEP_NS = 1;

/** Verifies the `count` scalars of the steps of the sequence from `at` on, which took `ns`. */
type Verify = (at: number, count: number, scalars: Float64Array, ns: number) => Promise<Verified>;

/** What some steps came to. */
export interface Run {
  readonly steps: number;
  readonly ns: number;
  readonly verifiedSteps: number;
  /** Of the verified scalars. */
  readonly sum: number;
}

/** Why a row is skipped. */
export interface Failure {
  readonly reason: string;
  /** The device cannot do it or has no memory for it. Else something failed that should not. */
  readonly unavailable: boolean;
}

/** What one timed block of a row came to. */
export interface Block {
  /** Mean step time, ns. */
  readonly stepNs: number;
  readonly steps: number;
  readonly verifiedSteps: number;
  readonly conditions?: Conditions;
}

/** One row while it is measured: a strategy of a case with its session, and what the clock has said of it so far. */
export class Row implements AsyncDisposable {
  readonly subject: Subject;
  /** Mean step time of each whole round, ns. */
  readonly samplesNs: number[] = [];
  /** Uploads, without the first, ns. */
  readonly setupSamplesNs: number[] = [];
  /** Allocations with no other session on the device, without the first, ns. */
  readonly allocateSamplesNs: number[] = [];
  readonly #context: CaseContext;
  #prepared: Session | undefined;
  /** Why it is measured no further. */
  #failure: Failure | undefined;
  readonly #verifier: Verifier;
  readonly #histogram: RecordableHistogram = createHistogram();
  readonly #conditions: Conditions[] = [];
  #phases: Phases | undefined;
  /** How long a step took when steps ran last, ns. */
  #stepNs = Number.POSITIVE_INFINITY;
  /** The most steps that one call has covered. */
  #largestCall = 0;
  /** The steps of the sequence that the next rehearsal and the next timed block begin with. */
  #rehearsed = 0;
  #at = 0;
  #steps = 0;
  #verifiedSteps = 0;
  /** `undefined` until the first steps were verified. */
  #epochSum: number | null | undefined;

  constructor(context: CaseContext, strategy: Strategy) {
    const { opened, plan, reference, orders, timer } = context;
    this.#context = context;
    this.subject = { engine: opened.engine, device: opened.device.info, strategy, plan };
    const name = `${opened.engine} ${strategy.name}, batch ${plan.batch}`;
    this.#verifier = new Verifier(name, reference, orders, timer, plan);
  }

  /** Why it is measured no further; `undefined` while it is. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** Asks whether the device can run it; it is skipped where it cannot. */
  async admit(): Promise<void> {
    const { opened, plan } = this.#context;
    const support = opened.device.supports(this.strategy, plan);
    if (support !== 'yes') await this.fail({ reason: support.reason, unavailable: true });
  }

  /** Timed steps so far. */
  get steps(): number {
    return this.#steps;
  }

  get strategy(): Strategy {
    return this.subject.strategy;
  }

  /** How long a step took when steps ran last, ns; infinite before any did. */
  get stepNs(): number {
    return this.#stepNs;
  }

  /** Steps come in whole multiples of this. */
  get multiple(): number {
    return this.#session.stepMultiple ?? 1;
  }

  /** Allocates what the strategy needs and frees it again; ns, without the freeing. */
  async allocateAlone(): Promise<number> {
    const { timer } = this.#context;
    await timer.breathe();
    const ns = await timer.time(() => this.prepare());
    await this[Symbol.asyncDispose]();
    return ns;
  }

  /** Allocates what the strategy needs, for good. */
  async prepare(): Promise<void> {
    const { opened, dataset, plan } = this.#context;
    this.#prepared = await opened.device.prepare(dataset, plan, this.strategy);
  }

  /** Ends its part in the case: it is skipped, with this reason, and releases what it holds. */
  async fail(failure: Failure): Promise<void> {
    this.#failure ??= failure;
    // It has failed for a reason of its own: another that shows only now will show again.
    await this[Symbol.asyncDispose]().catch(() => {});
  }

  /** Uploads what the strategy keeps on the device; ns. */
  async setup(): Promise<number> {
    const { plan, timer } = this.#context;
    await timer.breathe();
    const before = this.#session.h2dBytes?.();
    const ns = await timer.time(() => this.#session.setup());
    this.#mustHaveMoved(before, 'setup', movementOf(plan, this.strategy).h2dBytesSetup);
    return ns;
  }

  /** Runs the first epoch, or as much of it as `mostNs` allows, and verifies every scalar. Throws where one is wrong. */
  async verify(mostNs: number): Promise<void> {
    const { plan, timer } = this.#context;
    const { stepsPerEpoch } = plan;
    const end = timer.nowNs() + mostNs;
    let [done, sum] = [0, 0];
    do {
      const wanted = this.#callSteps(stepsPerEpoch - done);
      const run = await this.#run(done, wanted, (from, count, scalars) =>
        this.#verifier.every(from, count, scalars),
      );
      done += run.steps;
      sum += run.sum;
    } while (done < stepsPerEpoch && timer.nowNs() < end);
    this.#epochSum = done === stepsPerEpoch ? sum : null;
  }

  /**
   * Runs steps for about `ns` as a timed block would, verified and followed by single steps, and keeps nothing: the just-in-time
   * compiler is to have seen all that it will see. Goes on where the last rehearsal ended. Returns how long its steps took, ns.
   */
  async rehearse(ns: number): Promise<Run> {
    const at = this.#rehearsed;
    const run = await this.#run(at, this.#callSteps(this.#stepsIn(ns)), (...scalars) =>
      this.#verifier.block(...scalars),
    );
    await this.#timeSingleSteps(at, run.steps, run.ns, createHistogram());
    this.#rehearsed += run.steps;
    return run;
  }

  /**
   * A timed block of `steps` steps, and of more until it has lasted `minTimeNs`. After it, outside the clock, its scalars are
   * verified and some steps are timed one by one. What it tells is the caller's to keep or drop.
   */
  async block(steps: number, minTimeNs: number): Promise<Block> {
    const { stepsPerEpoch } = this.#context.plan;
    const { device } = this.#context.opened;
    const unit = steps % stepsPerEpoch === 0 ? stepsPerEpoch : this.multiple;
    const at = this.#at;
    let [done, elapsedNs, verifiedSteps] = [0, 0, 0];
    const before = device.condition?.();
    do {
      const wanted = done === 0 ? steps : Math.ceil(this.#stepsIn(minTimeNs - elapsedNs) / unit) * unit;
      const run = await this.#run(at + done, wanted, (...scalars) => this.#verifier.block(...scalars));
      done += run.steps;
      elapsedNs += run.ns;
      verifiedSteps += run.verifiedSteps;
    } while (elapsedNs < minTimeNs);
    const after = device.condition?.();
    await this.#timeSingleSteps(at, done, elapsedNs, this.#histogram);
    this.#at = at + done;
    return {
      ...{ stepNs: elapsedNs / done, steps: done, verifiedSteps },
      ...(before && after && { conditions: { before, after } }),
    };
  }

  /** Keeps a block, once every row of the case had its block of the round. */
  keep({ stepNs, steps, verifiedSteps, conditions }: Block): void {
    this.samplesNs.push(stepNs);
    this.#steps += steps;
    this.#verifiedSteps += verifiedSteps;
    if (conditions !== undefined) this.#conditions.push(conditions);
  }

  /** Looks where a step's time goes on the device, where the engine can tell; apart from everything that is timed. */
  async lookAtPhases(): Promise<void> {
    const { orders, timer } = this.#context;
    await timer.breathe();
    await timer.through(orders.drawing(0));
    const { order, from, to } = orders.stretch(0, Math.min(PHASE_STEPS, this.#stepsIn(PHASES_NS)));
    this.#phases = this.#session.phases?.(order, from, to);
  }

  /** What was measured; skipped where the run ended before a whole round. */
  conclude(): Measured | Skipped {
    const unmeasured = this.#epochSum === undefined || this.samplesNs.length === 0;
    const reason = this.#failure?.reason ?? (unmeasured ? 'the run ended before its first round' : undefined);
    if (reason !== undefined) return { status: 'skipped', ...this.subject, reason };
    const stepTimes = stepTimesOf(this.#histogram);
    return {
      status: 'measured',
      ...this.subject,
      allocateSamplesNs: this.allocateSamplesNs,
      setupSamplesNs: this.setupSamplesNs,
      samplesNs: this.samplesNs,
      steps: this.#steps,
      verifiedSteps: this.#verifiedSteps,
      ...(stepTimes && { stepTimes }),
      ...(this.#phases && { phases: this.#phases }),
      ...(this.#conditions.length > 0 && { conditions: this.#conditions }),
      epochSum: this.#epochSum ?? null,
      maxRelError: this.#verifier.maxRelError,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = this.#prepared;
    this.#prepared = undefined;
    await session?.[Symbol.asyncDispose]();
  }

  get #session(): Session {
    return this.#prepared!;
  }

  /**
   * Runs `steps` steps of the sequence from `at` on, in calls short enough for Ctrl-C to be heard. Only the calls are timed:
   * orders are drawn, scalars verified and the event loop run outside the clock.
   */
  async #run(at: number, steps: number, verify?: Verify): Promise<Run> {
    const { orders, scalars, timer } = this.#context;
    const bytesBefore = this.#session.h2dBytes?.();
    let [done, ns, verifiedSteps, sum] = [0, 0, 0, 0];
    // Scalars that wait to be verified, and how long their steps took.
    let [waiting, waitingNs] = [0, 0];
    const settle = async () => {
      if (verify !== undefined && waiting > 0) {
        const verified = await verify(at + done - waiting, waiting, scalars.first(waiting), waitingNs);
        verifiedSteps += verified.steps;
        sum += verified.sum;
      }
      [waiting, waitingNs] = [0, 0];
    };
    while (done < steps) {
      await timer.breathe();
      const wanted = this.#callSteps(steps - done);
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
    const { plan } = this.#context;
    if (isProportional(plan, at, done)) {
      const plannedBytes = movementOf(plan, this.strategy).h2dBytesPerStep * done;
      this.#mustHaveMoved(bytesBefore, `${done} steps`, plannedBytes);
    }
    return { steps: done, ns, verifiedSteps, sum };
  }

  /** Steps that the next call may cover of `wanted`: what is short enough, fits the memory for scalars and grows slowly. */
  #callSteps(wanted: number): number {
    const { maxSteps = Number.POSITIVE_INFINITY } = this.#session;
    const most = Math.min(
      wanted,
      maxSteps,
      MOST_SCALARS,
      Math.max(1, this.#largestCall * GROWTH),
      this.#stepsIn(CALL_NS),
    );
    return Math.max(this.multiple, Math.floor(most / this.multiple) * this.multiple);
  }

  /** Steps that last about `ns`, at least one. */
  #stepsIn(ns: number): number {
    return Math.max(1, Math.ceil(ns / Math.max(this.#stepNs, LEAST_STEP_NS)));
  }

  /** Steps timed one by one: a part of the block that begins at step `at`. A block of a single step has told its time already. */
  async #timeSingleSteps(
    at: number,
    blockSteps: number,
    blockNs: number,
    histogram: RecordableHistogram,
  ): Promise<void> {
    // A graph is replayed as a whole, and without a wait a step only queues its work.
    if (this.multiple > 1 || this.#context.plan.fetch === 'epoch') return;
    if (blockSteps === 1) {
      histogram.record(Math.max(1, Math.round(blockNs)));
      return;
    }
    const { orders, scalars, timer } = this.#context;
    let left = Math.min(SINGLE_STEPS.most, Math.ceil(blockSteps * SINGLE_STEPS.share));
    while (left > 0) {
      await timer.breathe();
      await timer.through(orders.drawing(at));
      const { order, from, to } = orders.stretch(at, this.#callSteps(left));
      await this.#session.steps(order, from, to, scalars.room(0, to - from), histogram);
      at += to - from;
      left -= to - from;
    }
  }

  /** Holds the bytes that the session counted against the plan. Both counts are pinbench's own, so a difference is a bug in it. */
  #mustHaveMoved(before: number | undefined, what: string, plannedBytes: number): void {
    const after = this.#session.h2dBytes?.();
    if (before === undefined || after === undefined) return;
    // A mean over an epoch times its steps may miss a whole number by a rounding.
    if (Math.abs(after - before - plannedBytes) < 0.5 + plannedBytes * 1e-12) return;
    throw new ByteCountError(
      `${this.strategy.name}, ${what}: ${after - before} bytes moved to the device, the plan says ${plannedBytes}`,
    );
  }
}

/** A bug in pinbench: the plan and the engine disagree about the bytes that a strategy moves. */
export class ByteCountError extends Error {
  override readonly name = 'ByteCountError';
}

function stepTimesOf(histogram: RecordableHistogram): StepTimes | undefined {
  if (histogram.count === 0) return undefined;
  const [p50, p95, p99] = [histogram.percentile(50), histogram.percentile(95), histogram.percentile(99)];
  return { min: histogram.min, max: histogram.max, p50, p95, p99 };
}
