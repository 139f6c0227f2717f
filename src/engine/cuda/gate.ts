import type { Context, Kernels } from './context.js';
import type { Driver } from './driver.js';
import { LAUNCH_BYTES, Launch } from './launch.js';
import { allocatePageLocked, type PageLocked } from './memory.js';

/** Looks at the host's memory before a gate gives up. One takes about a microsecond, so all of them some tenths of a second. */
const LOOKS = 200_000;
const ONE_THREAD = 1;

/**
 * Holds the context's stream while work is queued behind it, so that the device then runs it without waiting for the host, as
 * nvbench and nvbandwidth do. A gate that nobody opens gives up by itself: the stream cannot be held for ever.
 */
export class Gate {
  readonly #driver: Driver;
  readonly #stream: number;
  readonly #page: PageLocked;
  /** What the host sets to open it, and what the device sets where it gave up. */
  readonly #doors: Int32Array;
  readonly #launch: Launch;

  constructor({ driver, stream }: Context, { gate }: Kernels) {
    this.#driver = driver;
    this.#stream = stream;
    this.#page = allocatePageLocked(driver, 2 * LAUNCH_BYTES, 'a gate');
    const memory = driver.library.view(this.#page.address, this.#page.bytes);
    this.#doors = new Int32Array(memory, LAUNCH_BYTES, 2);
    const parameters = [this.#page.deviceAddress + LAUNCH_BYTES, LOOKS];
    this.#launch = new Launch(driver, this.#page, memory, 0, gate, 1, stream, parameters, ONE_THREAD);
  }

  /** Queues the gate. The stream must have been waited for since it was last closed. */
  close(): void {
    this.#doors.fill(0);
    this.#launch.run();
  }

  open(): void {
    Atomics.store(this.#doors, 0, 1);
  }

  /** Whether it gave up before it was opened; known when the stream was waited for. */
  get gaveUp(): boolean {
    return Atomics.load(this.#doors, 1) !== 0;
  }

  /** Opens it, waits for the stream and gives its memory back. */
  free(): void {
    this.open();
    this.#driver.settle(this.#stream);
    this.#page.free();
  }
}
