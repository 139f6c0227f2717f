import { performance, type RecordableHistogram } from 'node:perf_hooks';

/** Times the steps of an epoch one by one. The time that recording a step takes is no part of the next one. */
export class StepWatch {
  readonly #histogram: RecordableHistogram;
  #startMs = 0;

  constructor(histogram: RecordableHistogram) {
    this.#histogram = histogram;
  }

  /** The first step begins now. */
  start(): void {
    this.#startMs = performance.now();
  }

  /** A step ended now and the next begins: its time goes to the histogram, in ns, at least 1. */
  lap(): void {
    this.#histogram.record(Math.max(1, Math.round((performance.now() - this.#startMs) * 1e6)));
    this.#startMs = performance.now();
  }
}
