import type { Plan } from '../plan/plan.js';
import type { EngineName, StrategyName } from '../words.js';

/** Where a run is. Told between timed blocks, never inside one. */
export interface Phase {
  readonly engine: EngineName;
  /** Absent where pinbench's own cost is measured. */
  readonly strategy?: StrategyName | undefined;
  readonly plan: Plan;
  /**
   * Under a budget every case has its `trial`. Then a case goes from `setup` (allocate and upload) through `verify`, `warm-up` and
   * `measure` to `phases`, where the time of a step goes. After the last case comes `own-cost`.
   */
  readonly phase: 'trial' | 'setup' | 'verify' | 'warm-up' | 'measure' | 'phases' | 'own-cost';
  /** Which case of all `cases` of the run, counted from 1. */
  readonly caseNumber: number;
  readonly cases: number;
  /** While measuring: which round of the case, counted from 1. */
  readonly round?: number | undefined;
  /** How many rounds the case will have; absent where the interval or the time decides. */
  readonly rounds?: number | undefined;
  /** While measuring: the share of the case's rounds, or of its time, that is done. */
  readonly done?: number | undefined;
  /** What the whole run is expected to take from now on, ns; absent while nothing is known. */
  readonly leftNs?: number | undefined;
}

/** Where a measurement in several processes is. Told before each of them. */
export interface ProcessPhase {
  /** `run` repeats single processes, `ab` pairs of them. */
  readonly paired: boolean;
  /** Counted from 1. */
  readonly number: number;
  /** How many there will be; absent where the time decides. */
  readonly of?: number | undefined;
  /** What all that is left is expected to take, ns; absent while nothing is known. */
  readonly leftNs?: number | undefined;
}

/** Who wants to know where a run is. */
export interface Progress {
  /** Bytes of the dataset read so far and in all. */
  loading(doneBytes: number, totalBytes: number): void;
  phase(phase: Phase): void;
  process?(phase: ProcessPhase): void;
}

/** Nobody. */
export const silent: Progress = { loading() {}, phase() {} };
