import type { Clock } from './measure/clock.js';
import { ProgressDisplay } from './progress-display.js';
import { lineOf, type Part } from './progress-words.js';

const LINE_NS = 30e9;

/** Progress for a log: a plain line at most every 30 s, and none for a shorter run. */
export class ProgressLines extends ProgressDisplay {
  readonly #log: Pick<NodeJS.WriteStream, 'write'>;

  constructor(log: Pick<NodeJS.WriteStream, 'write'>, clock?: Clock) {
    super(LINE_NS, LINE_NS, clock);
    this.#log = log;
  }

  stop(): void {}

  protected show(parts: readonly Part[]): void {
    this.#log.write(`pinbench: ${lineOf(parts)}\n`);
  }
}
