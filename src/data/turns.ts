import { setImmediate } from 'node:timers/promises';

/** How long work that waits for nothing may keep the event loop from its turn, ms. */
const TURN_MS = 20;

/**
 * Lets others have their turn in loops that wait for nothing: without it a signal such as Ctrl-C is not heard until they end. To ask
 * takes nanoseconds, so that it can be asked in every round; to give way costs a promise:
 *
 *     if (turns.due) await turns.giveWay();
 */
export class Turns {
  readonly #signal: AbortSignal | undefined;
  #began = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether it is time to give way. */
  get due(): boolean {
    return performance.now() - this.#began > TURN_MS;
  }

  /** Lets signals, timers and whatever else waits go first. Throws the reason of the signal where it has fired. */
  async giveWay(): Promise<void> {
    await setImmediate();
    this.#signal?.throwIfAborted();
    this.#began = performance.now();
  }
}
