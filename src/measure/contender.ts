import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Dataset } from '../data/dataset.js';
import { type Phases, type Session, StrategyUnavailable } from '../engine/engine.js';
import type { Reference } from '../engine/reference.js';
import type { OpenedEngine } from '../engine/registry.js';
import type { Orders } from '../plan/batches.js';
import { movementOf, type Plan } from '../plan/plan.js';
import type { Strategy } from '../plan/strategy.js';
import type { BlockTimer } from './block.js';
import type { Conditions, Measured, Skipped, StepTimes, Subject } from './measurement.js';
import { mustMove, type Verified, verifyEpoch } from './verify.js';

/** What the contenders of a cell share: the same dataset, orders, reference, clock and room for scalars. */
export interface Ring {
  readonly opened: OpenedEngine;
  readonly dataset: Dataset;
  readonly plan: Plan;
  readonly orders: Orders;
  readonly reference: Reference;
  readonly timer: BlockTimer;
  /** The scalars of the epoch that ran last. */
  readonly out: Float64Array;
}

/** Steps timed one by one after a timed block: a share of its steps, within the fewest and the most. */
const SINGLE_STEPS = { share: 0.1, fewest: 50, most: 1000 } as const;

/** Steps whose phases are looked at. */
const PHASE_STEPS = 200;

/** Warm-up goes on for this long at least. */
const LEAST_WARM_UP_NS = 200e6;

/** What one round of a contender came to. */
export interface Sample {
  /** Mean step time. */
  readonly ns: number;
  readonly steps: number;
  readonly conditions?: Conditions;
}

/** One strategy in one cell: its session, set up, and what the clock has said of it so far. */
export class Contender implements AsyncDisposable {
  readonly subject: Subject;
  /** Mean step time of each whole round, ns. */
  readonly samplesNs: number[] = [];
  readonly #ring: Ring;
  readonly #session: Session;
  readonly #setupNs: number;
  readonly #histogram: RecordableHistogram = createHistogram();
  #verified: Verified | undefined;
  #phases: Phases | undefined;
  readonly #conditions: Conditions[] = [];
  #steps = 0;

  private constructor(ring: Ring, subject: Subject, session: Session, setupNs: number) {
    this.#ring = ring;
    this.subject = subject;
    this.#session = session;
    this.#setupNs = setupNs;
  }

  /** Sets a strategy up and times it; a skipped measurement where the device cannot take it. */
  static async enter(ring: Ring, strategy: Strategy): Promise<Contender | Skipped> {
    const { opened, dataset, plan, timer } = ring;
    const subject: Subject = { engine: opened.engine, device: opened.device.info, strategy, plan };
    const support = opened.device.supports(strategy, plan);
    if (support !== 'yes') return { status: 'skipped', ...subject, reason: support.reason };
    let session: Session | undefined;
    try {
      session = await opened.device.prepare(dataset, plan, strategy);
      const { h2dBytesSetup } = movementOf(plan, strategy);
      const setUp = () => timer.setup(session!);
      const setupNs = await mustMove(session, `${strategy.name}, setup`, h2dBytesSetup, setUp);
      return new Contender(ring, subject, session, setupNs);
    } catch (error) {
      await session?.[Symbol.asyncDispose]();
      if (error instanceof StrategyUnavailable)
        return { status: 'skipped', ...subject, reason: error.message };
      throw error;
    }
  }

  /** Runs the first epoch and holds every scalar of it against the reference; throws where one is wrong. */
  async verify(): Promise<void> {
    const { orders, out, reference } = this.#ring;
    const { engine, strategy, plan } = this.subject;
    out.fill(Number.NaN);
    const epochBytes = movementOf(plan, strategy).h2dBytesPerStep * plan.stepsPerEpoch;
    await mustMove(this.#session, `${strategy.name}, an epoch`, epochBytes, () => this.epochs(0, 1));
    this.#verified = verifyEpoch(
      `${engine} ${strategy.name}, batch ${plan.batch}`,
      reference,
      orders.of(0),
      out,
    );
  }

  /** Runs the planned epochs, and more of them where they are over too soon: a just-in-time compiler counts calls, not epochs. */
  async warmUp(): Promise<void> {
    const { warmup } = this.subject.plan;
    let elapsedNs = await this.epochs(0, warmup);
    while (warmup > 0 && elapsedNs < LEAST_WARM_UP_NS) elapsedNs += await this.epochs(0, warmup);
  }

  /** Nanoseconds that `count` epochs take, from epoch `first`. */
  epochs(first: number, count: number): Promise<number> {
    const { timer, orders, out } = this.#ring;
    return timer.block(this.#session, orders, first, count, out);
  }

  /** A timed block and, apart from it, some single steps. What it tells is the caller's to keep or drop. */
  async round(first: number, count: number): Promise<Sample> {
    const { device } = this.#ring.opened;
    const { plan, orders, out } = this.#ring;
    const steps = count * plan.stepsPerEpoch;
    const before = device.condition?.();
    const ns = (await this.epochs(first, count)) / steps;
    const after = device.condition?.();
    const wanted = Math.max(Math.min(steps, SINGLE_STEPS.fewest), Math.ceil(steps * SINGLE_STEPS.share));
    for (let left = Math.min(wanted, SINGLE_STEPS.most); left > 0; left -= plan.stepsPerEpoch) {
      const order = orders.firstSteps(first, Math.min(left, plan.stepsPerEpoch));
      await this.#session.epoch(order, out, this.#histogram);
    }
    return { ns, steps, ...(before && after && { conditions: { before, after } }) };
  }

  /** Looks where a step's time goes on the device, where the engine can tell; apart from everything that is timed. */
  lookAtPhases(): void {
    const { plan, orders } = this.#ring;
    this.#phases = this.#session.phases?.(orders.firstSteps(0, Math.min(PHASE_STEPS, plan.stepsPerEpoch)));
  }

  /** Keeps a round, once every contender had its block. */
  keep({ ns, steps, conditions }: Sample): void {
    this.samplesNs.push(ns);
    this.#steps += steps;
    if (conditions !== undefined) this.#conditions.push(conditions);
  }

  /** What was measured; skipped where the run was interrupted before a whole round. */
  conclude(): Measured | Skipped {
    if (this.#verified === undefined || this.samplesNs.length === 0) {
      return { status: 'skipped', ...this.subject, reason: 'interrupted before its first round' };
    }
    const stepTimes = stepTimesOf(this.#histogram);
    return {
      status: 'measured',
      ...this.subject,
      setupNs: this.#setupNs,
      samplesNs: this.samplesNs,
      steps: this.#steps,
      ...(stepTimes && { stepTimes }),
      ...(this.#phases && { phases: this.#phases }),
      ...(this.#conditions.length > 0 && { conditions: this.#conditions }),
      ...this.#verified,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}

function stepTimesOf(histogram: RecordableHistogram): StepTimes | undefined {
  if (histogram.count === 0) return undefined;
  const [p50, p95, p99] = [histogram.percentile(50), histogram.percentile(95), histogram.percentile(99)];
  return { min: histogram.min, max: histogram.max, p50, p95, p99 };
}
