import type { Context, Kernels } from './context.js';
import type { Driver } from './driver.js';
import { LAUNCH_BYTES, Launch } from './launch.js';
import { allocatePageLocked, type PageLocked } from './memory.js';

/** Polls of host memory before a gate gives up. A poll takes about a microsecond, all of them a few tenths of a second. */
const MAX_POLLS = 200_000;
const ONE_THREAD = 1;

/**
 * Blocks the context's stream while work is queued behind it, so that the device then runs that work without waiting for the
 * host, as nvbench and nvbandwidth do. A gate that is never opened gives up by itself, so that the stream cannot stay blocked for
 * ever.
 */
export class Gate {
  readonly #driver: Driver;
  readonly #stream: number;
  readonly #page: PageLocked;
  /** Two flags: the host sets the first to open the gate, the device sets the second when it gives up. */
  readonly #flags: Int32Array;
  readonly #launch: Launch;

  constructor({ driver, stream }: Context, { gate }: Kernels) {
    this.#driver = driver;
    this.#stream = stream;
    this.#page = allocatePageLocked(driver, 2 * LAUNCH_BYTES, 'a gate');
    const memory = driver.library.view(this.#page.address, this.#page.bytes);
    this.#flags = new Int32Array(memory, LAUNCH_BYTES, 2);
    const parameters = [this.#page.deviceAddress + LAUNCH_BYTES, MAX_POLLS];
    this.#launch = new Launch(driver, this.#page, memory, 0, gate, 1, stream, parameters, ONE_THREAD);
  }

  /** Queues the gate. The caller must have synchronized the stream since the last `close`. */
  close(): void {
    this.#flags.fill(0);
    this.#launch.run();
  }

  open(): void {
    Atomics.store(this.#flags, 0, 1);
  }

  /** Whether the gate gave up before it was opened. Valid once the stream is synchronized. */
  get gaveUp(): boolean {
    return Atomics.load(this.#flags, 1) !== 0;
  }

  /** Opens the gate, waits for the stream and frees the memory. */
  free(): void {
    this.open();
    this.#driver.settle(this.#stream);
    this.#page.free();
  }
}
