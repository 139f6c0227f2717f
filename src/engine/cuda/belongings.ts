import { type Context, NON_BLOCKING } from './context.js';
import type { CudaError } from './cuda-error.js';

/** CU_EVENT_DISABLE_TIMING: an event without a clock costs less. */
const NO_TIMING = 2;

/** What a session has taken from the driver and must give back. */
export class Belongings {
  readonly #context: Context;
  /** Streams on which work of the session may be queued. */
  readonly #streams: number[];
  readonly #releases: (() => void)[] = [];

  constructor(context: Context) {
    this.#context = context;
    this.#streams = [context.stream];
  }

  /** Keeps something that has to be freed, and returns it. */
  keep<T extends { free(): void }>(thing: T): T {
    this.#releases.push(() => thing.free());
    return thing;
  }

  /** An event that streams and the host wait for. */
  event(): number {
    const { driver } = this.#context;
    const event = driver.make('cuEventCreate', NO_TIMING);
    this.atEnd(() => driver.release('cuEventDestroy_v2', event));
    return event;
  }

  /** A second stream, beside the one that all sessions of the device share. */
  stream(): number {
    const { driver } = this.#context;
    const stream = driver.make('cuStreamCreate', NON_BLOCKING);
    this.#streams.push(stream);
    this.atEnd(() => driver.release('cuStreamDestroy_v2', stream));
    return stream;
  }

  /** Calls `release` when the belongings are released, before what was taken earlier. */
  atEnd(release: () => void): void {
    this.#releases.push(release);
  }

  /**
   * Gives all of it back, the last first. What is queued may still use it, and is waited for: where the device is lost in that,
   * the error is returned. A second call does nothing.
   */
  release(): CudaError | undefined {
    const { driver } = this.#context;
    const releases = this.#releases.splice(0);
    if (releases.length === 0) return undefined;
    this.#context.enterToRelease();
    const errors = this.#streams.map((stream) => driver.settle(stream));
    for (const release of releases.reverse()) release();
    return errors.find((error) => error !== undefined);
  }
}
