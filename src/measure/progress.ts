import type { Plan } from '../plan/plan.js';
import type { EngineName, StrategyName } from '../words.js';

/** The progress of a run. It is reported between timed blocks, never inside one. */
export interface Phase {
  readonly engine: EngineName;
  /** Absent while pinbench's own cost is measured. */
  readonly strategy?: StrategyName | undefined;
  readonly plan: Plan;
  /**
   * Under a budget every case first has a `trial`. Each case then goes through `setup` (allocate and upload), `verify`, `warm-up`,
   * `measure` and `phases` (timing the parts of a step). `own-cost` follows the last case.
   */
  readonly phase: 'trial' | 'setup' | 'verify' | 'warm-up' | 'measure' | 'phases' | 'own-cost';
  /** Number of the case among all `cases` of the run, from 1. */
  readonly caseNumber: number;
  readonly cases: number;
  /** While measuring: the number of the round in the case, from 1. */
  readonly round?: number | undefined;
  /** Number of rounds that the case will have; absent if the interval or the time decides. */
  readonly rounds?: number | undefined;
  /** While measuring: the share of the case's rounds, or of its time, that is done. */
  readonly done?: number | undefined;
  /** Expected remaining time of the whole run, ns; absent while it is unknown. */
  readonly leftNs?: number | undefined;
}

/** The progress of a measurement in several processes. It is reported before each process. */
export interface ProcessPhase {
  /** Whether pairs of processes are repeated (`ab`) or single processes (`run`). */
  readonly paired: boolean;
  /** Number of the process or pair, from 1. */
  readonly number: number;
  /** Total number of processes or pairs; absent if the time decides. */
  readonly of?: number | undefined;
  /** Expected remaining time of all processes, ns; absent while it is unknown. */
  readonly leftNs?: number | undefined;
}

/** A listener for the progress of a run. */
export interface Progress {
  /** Bytes of the dataset done so far, and in total. */
  loading(doneBytes: number, totalBytes: number): void;
  phase(phase: Phase): void;
  process?(phase: ProcessPhase): void;
}

/** A listener that ignores everything. */
export const silent: Progress = { loading() {}, phase() {} };
