import { setImmediate } from 'node:timers/promises';
import type { Clock } from './clock.js';

/** Thrown where the user stopped the run; what was measured until then is kept. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** The event loop, and with it Ctrl-C, gets a turn when the last one was this long ago. */
const YIELD_NS = 50e6;

/** Times work, and lets Ctrl-C through between pieces of it. */
export class Timer {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  #yieldedNs: number;

  constructor(clock: Clock, signal?: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#yieldedNs = clock.nowNs();
  }

  nowNs(): number {
    return this.#clock.nowNs();
  }

  /** Nanoseconds that a piece of work takes. A synchronous piece is not awaited, so that it pays for no promise. */
  async time(work: () => Promise<unknown> | unknown): Promise<number> {
    const start = this.#clock.nowNs();
    const pending = work();
    if (pending instanceof Promise) await pending;
    return this.#clock.nowNs() - start;
  }

  /** Gives the event loop a turn where one is due. Throws `Interrupted` where the user stopped the run. Never inside a timed piece. */
  async breathe(): Promise<void> {
    if (this.#clock.nowNs() - this.#yieldedNs > YIELD_NS) {
      await setImmediate();
      this.#yieldedNs = this.#clock.nowNs();
    }
    if (this.#signal?.aborted === true) throw new Interrupted();
  }

  /** Does work that comes in parts, and breathes between them. */
  async through(parts: Iterable<unknown>): Promise<void> {
    for (const _ of parts) await this.breathe();
  }
}
