import { setImmediate } from 'node:timers/promises';
import type { Clock } from './clock.js';

/** Thrown if the user stopped the run. The measurements so far are kept. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** The event loop, which handles Ctrl-C, gets a turn at least this often, ns. */
const YIELD_NS = 50e6;

/** Waits for permission to run: see `Surroundings.turn`. */
export type Turn = (signal: AbortSignal | undefined) => Promise<void>;

/** Times pieces of work and handles Ctrl-C between them. */
export class Timer {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #turn: Turn | undefined;
  #yieldedNs: number;

  constructor(clock: Clock, signal?: AbortSignal, turn?: Turn) {
    this.#clock = clock;
    this.#signal = signal;
    this.#turn = turn;
    this.#yieldedNs = clock.nowNs();
  }

  nowNs(): number {
    return this.#clock.nowNs();
  }

  /** Runs a piece of work and returns its time, ns. Synchronous work is not awaited, so that it does not pay for a promise. */
  async time(work: () => Promise<unknown> | unknown): Promise<number> {
    const start = this.#clock.nowNs();
    const pending = work();
    if (pending instanceof Promise) await pending;
    return this.#clock.nowNs() - start;
  }

  /**
   * Gives the event loop a turn if one is due. Throws `Interrupted` if the user stopped the run. Never called inside timed work.
   */
  async yieldIfDue(): Promise<void> {
    if (this.#clock.nowNs() - this.#yieldedNs > YIELD_NS) {
      await setImmediate();
      this.#yieldedNs = this.#clock.nowNs();
    }
    if (this.#signal?.aborted === true) throw new Interrupted();
  }

  /** Waits until no other process that is measured in turns with this one runs. Throws `Interrupted` if the user stopped the run. */
  async awaitTurn(): Promise<void> {
    await this.#turn?.(this.#signal);
    if (this.#signal?.aborted === true) throw new Interrupted();
  }

  /** Does work that comes in parts and calls `yieldIfDue` between them. */
  async through(parts: Iterable<unknown>): Promise<void> {
    for (const _ of parts) await this.yieldIfDue();
  }
}
