import { performance, type RecordableHistogram } from 'node:perf_hooks';

/** Times each step of an epoch. The time it takes to record a step is not counted in the next one. */
export class StepWatch {
  readonly #histogram: RecordableHistogram;
  #startMs = 0;

  constructor(histogram: RecordableHistogram) {
    this.#histogram = histogram;
  }

  /** Starts timing the first step. */
  start(): void {
    this.#startMs = performance.now();
  }

  /** Ends a step and starts the next. The step's time is recorded in the histogram, in ns, at least 1. */
  lap(): void {
    this.#histogram.record(Math.max(1, Math.round((performance.now() - this.#startMs) * 1e6)));
    this.#startMs = performance.now();
  }
}
