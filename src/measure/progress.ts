import type { Plan } from '../plan/plan.js';
import type { EngineName, StrategyName } from '../words.js';

/** Where a run is. Told between timed blocks, never inside one. */
export interface Phase {
  readonly engine: EngineName;
  readonly strategy: StrategyName;
  readonly plan: Plan;
  readonly phase: 'setup' | 'verify' | 'warm-up' | 'measure' | 'phases';
  /** While measuring: the share of the case's rounds, or of its time, that is done. */
  readonly done?: number | undefined;
}

/** Who wants to know where a run is. */
export interface Progress {
  /** Bytes of the dataset read so far and in all. */
  loading(doneBytes: number, totalBytes: number): void;
  phase(phase: Phase): void;
}

/** Nobody. */
export const silent: Progress = { loading() {}, phase() {} };
