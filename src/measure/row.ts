import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Phases, Unmeasured } from '../engine/engine.js';
import type { Strategy } from '../plan/strategy.js';
import type { Conditions, Measured, Skipped, StepTimes, Subject } from './measurement.js';
import { type CaseContext, type Run, Stepper } from './stepper.js';
import { Verifier } from './verify.js';

/** Why a row is skipped. */
export interface Failure {
  readonly reason: string;
  /** Whether the device does not support the strategy or lacks memory for it. Otherwise the failure is unexpected. */
  readonly unavailable: boolean;
}

/** The result of one timed block of a row. */
export interface Block {
  /** Mean step time, ns. */
  readonly stepNs: number;
  readonly steps: number;
  readonly verifiedSteps: number;
  readonly conditions?: Conditions;
}

/** One row during the measurement: a strategy of a case and its measurements so far. */
export class Row implements AsyncDisposable {
  readonly subject: Subject;
  /** Mean step time of each whole round, ns. */
  readonly samplesNs: number[] = [];
  /** Times of the uploads except the first, ns. */
  readonly setupSamplesNs: number[] = [];
  /** Times of the allocations with no other session on the device, except the first, ns. */
  readonly allocateSamplesNs: number[] = [];
  readonly #context: CaseContext;
  readonly #verifier: Verifier;
  readonly #histogram: RecordableHistogram = createHistogram();
  readonly #conditions: Conditions[] = [];
  #prepared: Stepper | undefined;
  /** Why the row is not measured further. */
  #failure: Failure | undefined;
  #phases: Phases | Unmeasured | undefined;
  /** The steps of the sequence at which the next rehearsal and the next timed block begin. */
  #rehearsed = 0;
  #at = 0;
  #steps = 0;
  #verifiedSteps = 0;
  /** `undefined` until the first steps have been verified. */
  #epochSum: number | null | undefined;

  constructor(context: CaseContext, strategy: Strategy) {
    const { opened, plan, reference, orders, timer } = context;
    this.#context = context;
    this.subject = { engine: opened.engine, device: opened.device.info, strategy, plan };
    const name = `${opened.engine} ${strategy.name}, batch ${plan.batch}`;
    this.#verifier = new Verifier(name, reference, orders, timer, plan);
  }

  /** Why the row is not measured further; `undefined` while it is. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** Timed steps so far. */
  get steps(): number {
    return this.#steps;
  }

  get strategy(): Strategy {
    return this.subject.strategy;
  }

  /** Mean step time of the latest run of steps, ns. */
  get stepNs(): number {
    return this.#stepper.stepNs;
  }

  /** A block that is part of an epoch has a multiple of this many steps. */
  get multiple(): number {
    return this.#stepper.multiple;
  }

  /** Skips the row if the device does not support its strategy. */
  async admit(): Promise<void> {
    const { opened, plan } = this.#context;
    const support = opened.device.supports(this.strategy, plan);
    if (support !== 'yes') await this.fail({ reason: support.reason, unavailable: true });
  }

  /** Allocates what the strategy needs and frees it again. Returns the time of the allocation, ns. */
  async allocateAlone(): Promise<number> {
    const { timer } = this.#context;
    await timer.yieldIfDue();
    const ns = await timer.time(() => this.prepare());
    await this[Symbol.asyncDispose]();
    return ns;
  }

  /** Allocates what the strategy needs until the row is disposed. */
  async prepare(): Promise<void> {
    const { opened, dataset, plan } = this.#context;
    const session = await opened.device.prepare(dataset, plan, this.strategy);
    this.#prepared = new Stepper(this.#context, this.strategy, session);
  }

  /** Skips the row with this reason and releases what it has allocated. */
  async fail(failure: Failure): Promise<void> {
    this.#failure ??= failure;
    // The row already has a reason for its failure. An error of the release that matters will occur again elsewhere.
    await this[Symbol.asyncDispose]().catch(() => {});
  }

  /** Uploads what the strategy keeps on the device. Returns the time, ns. */
  setup(): Promise<number> {
    return this.#stepper.setup();
  }

  /** Runs the first epoch, or as much of it as `mostNs` allows, and verifies every scalar. Throws if one is wrong. */
  async verify(mostNs: number): Promise<void> {
    const { plan, timer } = this.#context;
    const { stepsPerEpoch } = plan;
    const end = timer.nowNs() + mostNs;
    let [done, sum] = [0, 0];
    do {
      const left = stepsPerEpoch - done;
      const wanted = Math.min(left, this.#stepper.callSteps(left));
      const run = await this.#stepper.run(done, wanted, (at, count, scalars) =>
        this.#verifier.every(at, count, scalars),
      );
      done += run.steps;
      sum += run.sum;
    } while (done < stepsPerEpoch && timer.nowNs() < end);
    this.#epochSum = done === stepsPerEpoch ? sum : null;
  }

  /**
   * Runs steps for about `ns` like a timed block, with verification and single steps, and discards the times. Afterwards the
   * just-in-time compiler has seen all code of a timed block. Continues where the last rehearsal ended.
   */
  async rehearse(ns: number): Promise<Run> {
    const at = this.#rehearsed;
    const run = await this.#run(at, this.#stepper.callSteps(this.#stepper.stepsIn(ns)));
    await this.#stepper.timeSingleSteps(at, run, createHistogram());
    this.#rehearsed += run.steps;
    return run;
  }

  /**
   * Runs a timed block of `steps` steps, or more until it has lasted `minTimeNs`. Then verifies its scalars and times some steps
   * singly, outside the timed block. The caller decides whether to keep the result.
   */
  async block(steps: number, minTimeNs: number): Promise<Block> {
    const { stepsPerEpoch } = this.#context.plan;
    const { device } = this.#context.opened;
    const unit = steps % stepsPerEpoch === 0 ? stepsPerEpoch : this.multiple;
    const at = this.#at;
    const before = device.condition?.();
    let all = await this.#run(at, steps);
    while (all.ns < minTimeNs) {
      const wanted = Math.ceil(this.#stepper.stepsIn(minTimeNs - all.ns) / unit) * unit;
      all = together(all, await this.#run(at + all.steps, wanted));
    }
    const after = device.condition?.();
    await this.#stepper.timeSingleSteps(at, all, this.#histogram);
    this.#at = at + all.steps;
    return {
      ...{ stepNs: all.ns / all.steps, steps: all.steps, verifiedSteps: all.verifiedSteps },
      ...(before && after && { conditions: { before, after } }),
    };
  }

  /** Keeps a block. Called once every row of the case has run its block of the round. */
  keep({ stepNs, steps, verifiedSteps, conditions }: Block): void {
    this.samplesNs.push(stepNs);
    this.#steps += steps;
    this.#verifiedSteps += verifiedSteps;
    if (conditions !== undefined) this.#conditions.push(conditions);
  }

  /** Times the phases of a step on the device, if the engine can. */
  async timePhases(): Promise<void> {
    this.#phases = await this.#stepper.phases();
  }

  /** The measurement of the row, or a skipped row if the run ended before a whole round. */
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
    const stepper = this.#prepared;
    this.#prepared = undefined;
    await stepper?.[Symbol.asyncDispose]();
  }

  get #stepper(): Stepper {
    return this.#prepared!;
  }

  #run(at: number, steps: number): Promise<Run> {
    return this.#stepper.run(at, steps, (...scalars) => this.#verifier.block(...scalars));
  }
}

function together(first: Run, second: Run): Run {
  return {
    steps: first.steps + second.steps,
    ns: first.ns + second.ns,
    verifiedSteps: first.verifiedSteps + second.verifiedSteps,
    sum: first.sum + second.sum,
  };
}

function stepTimesOf(histogram: RecordableHistogram): StepTimes | undefined {
  if (histogram.count === 0) return undefined;
  const [p50, p95, p99] = [histogram.percentile(50), histogram.percentile(95), histogram.percentile(99)];
  return { min: histogram.min, max: histogram.max, p50, p95, p99 };
}
