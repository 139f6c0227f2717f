import { setImmediate } from 'node:timers/promises';

/** How long a synchronous loop may block the event loop, ms. */
const TURN_MS = 20;

/**
 * Lets a long synchronous loop yield to the event loop; otherwise a signal such as Ctrl-C is handled only when the loop ends.
 * `due` takes nanoseconds, so it can be checked in every iteration; yielding costs a promise:
 *
 *     if (turns.due) await turns.giveWay();
 */
export class Turns {
  readonly #signal: AbortSignal | undefined;
  #began = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether it is time to yield. */
  get due(): boolean {
    return performance.now() - this.#began > TURN_MS;
  }

  /** Lets signals, timers and other pending events run first. Throws the signal's reason if it has fired. */
  async giveWay(): Promise<void> {
    await setImmediate();
    this.#signal?.throwIfAborted();
    this.#began = performance.now();
  }
}
