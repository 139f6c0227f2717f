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

/** The state of the device before and after a timed block. */
export interface Conditions {
  readonly before: Condition;
  readonly after: Condition;
}

/** The row that a measurement belongs to. */
export interface Subject {
  readonly engine: EngineName;
  readonly device: DeviceInfo;
  readonly strategy: Strategy;
  readonly plan: Plan;
}

/** The raw measurements of one row, without derived figures. */
export interface Measured extends Subject {
  readonly status: 'measured';
  /** Times of allocation and page-locking, ns: one entry for each allocation that was alone on the device. */
  readonly allocateSamplesNs: readonly number[];
  /** Times of the uploads except the first, ns. The uploads of all rows of a case are paired by index. */
  readonly setupSamplesNs: readonly number[];
  /** Mean step time of each round, ns. The rounds of all rows of a case are paired by index. */
  readonly samplesNs: readonly number[];
  /** Timed steps in all rounds. */
  readonly steps: number;
  /** Timed steps whose scalar was compared with the reference. */
  readonly verifiedSteps: number;
  /**
   * From steps that are timed singly in a separate pass, because reading the clock in each step costs time; absent if the engine
   * cannot separate steps.
   */
  readonly stepTimes?: StepTimes;
  readonly phases?: Phases | Unmeasured;
  /** One entry per round, if the device reports its state. */
  readonly conditions?: readonly Conditions[];
  /** Sum of the scalars of the first epoch; `null` if the epoch was too long to be verified in full. */
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
  /** 0 if the budget was used up before the case began. */
  readonly rounds: number;
  /** Why no further round was measured. */
  readonly end: 'planned' | 'until' | 'time' | 'budget' | 'stopped';
  /** Half the width of the widest 95 % interval, in percent; infinite if there is no interval. */
  readonly halfWidthPercent: number;
}
