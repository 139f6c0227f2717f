import { type Clock, systemClock } from './measure/clock.js';
import type { Phase, ProcessPhase, Progress } from './measure/progress.js';
import { fetchingParts, loadingParts, type Part, phaseParts, processParts } from './progress-words.js';

/** Time after which the remaining time of a transfer is first estimated, ns. */
const FIRST_ESTIMATE_NS = 1e9;

/**
 * Shows the progress of a command on standard error. A line is shown only when progress is reported and the last line is old
 * enough, never by a timer, which could fire inside a timed block.
 */
export abstract class ProgressDisplay implements Progress {
  readonly #clock: Clock;
  readonly #everyNs: number;
  #nextNs: number;
  #transfer: { readonly startNs: number; readonly startBytes: number } | undefined;

  /** A line is shown at most every `everyNs`, the first one after `firstNs`. */
  constructor(everyNs: number, firstNs: number, clock = systemClock) {
    this.#clock = clock;
    this.#everyNs = everyNs;
    this.#nextNs = clock.nowNs() + firstNs;
  }

  loading(doneBytes: number, totalBytes: number): void {
    this.#transferring(doneBytes, totalBytes, (leftNs) => loadingParts(doneBytes, totalBytes, leftNs));
  }

  fetching(doneBytes: number, totalBytes: number, what: string): void {
    this.#transferring(doneBytes, totalBytes, (leftNs) => fetchingParts(doneBytes, totalBytes, leftNs, what));
  }

  phase(phase: Phase): void {
    this.#tell(this.#clock.nowNs(), () => phaseParts(phase));
  }

  process(phase: ProcessPhase): void {
    this.#tell(this.#clock.nowNs(), () => processParts(phase));
  }

  /** Restores the terminal. The next report shows progress again. */
  abstract stop(): void;

  protected abstract show(parts: readonly Part[]): void;

  #transferring(doneBytes: number, totalBytes: number, parts: (leftNs?: number) => Part[]): void {
    const nowNs = this.#clock.nowNs();
    this.#transfer ??= { startNs: nowNs, startBytes: doneBytes };
    const { startNs, startBytes } = this.#transfer;
    const [spentNs, movedBytes] = [nowNs - startNs, doneBytes - startBytes];
    const isKnown = spentNs >= FIRST_ESTIMATE_NS && movedBytes > 0;
    const leftNs = (spentNs * Math.max(0, totalBytes - doneBytes)) / movedBytes;
    this.#tell(nowNs, () => (isKnown ? parts(leftNs) : parts()));
  }

  #tell(nowNs: number, parts: () => Part[]): void {
    if (nowNs < this.#nextNs) return;
    this.#nextNs = nowNs + this.#everyNs;
    this.show(parts());
  }
}
