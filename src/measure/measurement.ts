import type { Condition, DeviceInfo, Phases } from '../engine/engine.js';
import type { Plan } from '../plan/plan.js';
import type { Strategy } from '../plan/strategy.js';
import type { EngineName } from '../words.js';

/** Times of single steps, in ns. */
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

/** Which cell of the grid a measurement is of. */
export interface Subject {
  readonly engine: EngineName;
  readonly device: DeviceInfo;
  readonly strategy: Strategy;
  readonly plan: Plan;
}

/** What the clock said of one strategy in one cell, and nothing derived from it. */
export interface Measured extends Subject {
  readonly status: 'measured';
  readonly setupNs: number;
  /** Mean step time of each round, ns; rounds of all strategies of a cell are paired by index. */
  readonly samplesNs: readonly number[];
  /** Measured steps, all rounds together. */
  readonly steps: number;
  /** From a pass of its own, since a clock read each step costs time; absent where the engine cannot tell steps apart. */
  readonly stepTimes?: StepTimes;
  readonly phases?: Phases;
  /** Of each round, where the device can tell. */
  readonly conditions?: readonly Conditions[];
  readonly epochSum: number;
  readonly maxRelError: number;
}

/** A strategy that was not measured, and why. */
export interface Skipped extends Subject {
  readonly status: 'skipped';
  readonly reason: string;
}

export type Measurement = Measured | Skipped;

/** Something that happened while measuring which a reader must know, as numbers; the record words it. */
export type Notice =
  | {
      readonly code: 'until-not-reached';
      readonly subject: Subject;
      readonly untilPercent: number;
      readonly widthPercent: number;
      readonly rounds: number;
    }
  | {
      readonly code: 'budget-shrunk';
      readonly subject: Subject;
      readonly epochs: number;
      readonly asked: number;
    };
