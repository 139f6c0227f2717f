import type { Condition, DeviceInfo, Phases, Unmeasured } from '../engine/engine.js';
import type { Plan } from '../plan/plan.js';
import type { Strategy } from '../plan/strategy.js';
import type { EngineName } from '../words.js';

/** Times of single steps, ns. */
export interface StepTimes {
  readonly min: number;
  readonly max: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** The state of the device around a timed block. */
export interface Conditions {
  readonly before: Condition;
  readonly after: Condition;
}

/** Which row a measurement is of. */
export interface Subject {
  readonly engine: EngineName;
  readonly device: DeviceInfo;
  readonly strategy: Strategy;
  readonly plan: Plan;
}

/** What the clock said of one row, and nothing derived from it. */
export interface Measured extends Subject {
  readonly status: 'measured';
  /** Allocation and page-locking, one entry for each time it was done alone on the device, ns. */
  readonly allocateSamplesNs: readonly number[];
  /** Uploads, without the first; those of all rows of a case are paired by index, ns. */
  readonly setupSamplesNs: readonly number[];
  /** Mean step time of each round, ns; rounds of all rows of a case are paired by index. */
  readonly samplesNs: readonly number[];
  /** Timed steps, all rounds together. */
  readonly steps: number;
  /** How many of the timed steps had their scalar held against the reference. */
  readonly verifiedSteps: number;
  /** From steps timed one by one, since a clock read each step costs time; absent where the engine cannot tell steps apart. */
  readonly stepTimes?: StepTimes;
  readonly phases?: Phases | Unmeasured;
  /** Of each round, where the device can tell. */
  readonly conditions?: readonly Conditions[];
  /** Sum of the scalars of the first epoch; `null` where the epoch was too long to be visited whole before measuring. */
  readonly epochSum: number | null;
  /** The largest relative difference of a scalar from the reference. */
  readonly maxRelError: number;
}

/** A strategy that was not measured, and why. */
export interface Skipped extends Subject {
  readonly status: 'skipped';
  readonly reason: string;
}

export type Measurement = Measured | Skipped;

/** One engine, batch size and work: the strategies in it are compared with each other. */
export interface CaseName {
  readonly engine: EngineName;
  readonly batch: number;
  readonly work: number;
}

/** How the rounds of a case ended. */
export interface CaseEnd extends CaseName {
  /** 0 where the budget was used up before the case began. */
  readonly rounds: number;
  /** Why no further round was measured. */
  readonly end: 'planned' | 'until' | 'time' | 'budget' | 'stopped';
  /** Half the width of the widest 95 % interval, in percent; infinite where there is no interval. */
  readonly halfWidthPercent: number;
}
