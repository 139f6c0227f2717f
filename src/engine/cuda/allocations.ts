import { type Context, NON_BLOCKING } from './context.js';
import type { CudaError } from './cuda-error.js';

/** CU_EVENT_DISABLE_TIMING: an event without a timestamp is cheaper. */
const NO_TIMING = 2;

/** The resources that a session has allocated from the driver and must release. */
export class Allocations {
  readonly #context: Context;
  /** The streams on which the session may have queued work. */
  readonly #streams: number[];
  readonly #releases: (() => void)[] = [];

  constructor(context: Context) {
    this.#context = context;
    this.#streams = [context.stream];
  }

  /** Registers a resource to be freed by `release`, and returns it. */
  keep<T extends { free(): void }>(thing: T): T {
    this.#releases.push(() => thing.free());
    return thing;
  }

  /** Creates an event on which streams and the host can wait. */
  event(): number {
    const { driver } = this.#context;
    const event = driver.make('cuEventCreate', NO_TIMING);
    this.atEnd(() => driver.release('cuEventDestroy_v2', event));
    return event;
  }

  /** Creates a stream in addition to the one that all sessions of the device share. */
  stream(): number {
    const { driver } = this.#context;
    const stream = driver.make('cuStreamCreate', NON_BLOCKING);
    this.#streams.push(stream);
    this.atEnd(() => driver.release('cuStreamDestroy_v2', stream));
    return stream;
  }

  /** Registers a function for `release` to call, before the functions of resources allocated earlier. */
  atEnd(release: () => void): void {
    this.#releases.push(release);
  }

  /**
   * Waits for queued work, which may still use the resources, then releases them in reverse. Returns the error if the device
   * turns out to be lost. A second call does nothing.
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
