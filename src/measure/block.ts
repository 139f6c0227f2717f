import { setImmediate } from 'node:timers/promises';
import type { Session } from '../engine/engine.js';
import type { Orders } from '../plan/batches.js';
import type { Clock } from './clock.js';

/** Thrown between epochs when the user stopped the run; what was measured until then is kept. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** The event loop, and with it Ctrl-C, gets a turn between epochs when the last one was this long ago. */
const YIELD_NS = 50e6;

/** Times work. Only `session.epoch` stands between its two clock reads: orders are drawn and the event loop runs outside. */
export class BlockTimer {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  #yieldedNs: number;

  constructor(clock: Clock, signal?: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#yieldedNs = clock.nowNs();
  }

  /** Nanoseconds that setting a session up takes. */
  async setup(session: Session): Promise<number> {
    await this.#breathe();
    const start = this.#clock.nowNs();
    await session.setup();
    return this.#clock.nowNs() - start;
  }

  /** Nanoseconds that `epochs` epochs take, from epoch `first` of `orders`; the scalars of the last are in `out`. Throws `Interrupted`. */
  async block(
    session: Session,
    orders: Orders,
    first: number,
    epochs: number,
    out: Float64Array,
  ): Promise<number> {
    let elapsedNs = 0;
    for (let epoch = first; epoch < first + epochs; epoch++) {
      await this.#breathe();
      const order = orders.of(epoch);
      const start = this.#clock.nowNs();
      const pending = session.epoch(order, out);
      if (pending !== undefined) await pending;
      elapsedNs += this.#clock.nowNs() - start;
    }
    return elapsedNs;
  }

  async #breathe(): Promise<void> {
    if (this.#clock.nowNs() - this.#yieldedNs > YIELD_NS) {
      await setImmediate();
      this.#yieldedNs = this.#clock.nowNs();
    }
    if (this.#signal?.aborted === true) throw new Interrupted();
  }
}
