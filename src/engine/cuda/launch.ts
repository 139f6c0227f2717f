import type { Driver } from './driver.js';
import { BLOCK } from './grid.js';
import type { PageLocked } from './memory.js';

/** Bytes of a launch's parameters and of the pointers to them. The driver reads both at each launch. */
export const LAUNCH_BYTES = 256;
const SLOT_BYTES = 8;
const POINTERS_AT = 128;

/**
 * A kernel launch with its grid and parameters, written to memory once. The driver copies the parameters during each launch, so
 * they may be changed as soon as `run` returns.
 */
export class Launch {
  readonly #driver: Driver;
  readonly #kernel: number;
  readonly #blocks: number;
  readonly #threads: number;
  readonly #stream: number;
  readonly #pointers: number;
  readonly #words: Uint32Array;

  /**
   * Uses `LAUNCH_BYTES` of `page`, of which `memory` is a view, starting at `offset`. A 32-bit parameter occupies the lower half
   * of its 8-byte slot.
   */
  constructor(
    driver: Driver,
    page: PageLocked,
    memory: ArrayBuffer,
    offset: number,
    kernel: number,
    blocks: number,
    stream: number,
    parameters: readonly number[],
    threads = BLOCK,
  ) {
    this.#driver = driver;
    this.#kernel = kernel;
    this.#blocks = blocks;
    this.#threads = threads;
    this.#stream = stream;
    this.#pointers = page.address + offset + POINTERS_AT;
    this.#words = new Uint32Array(memory, offset, LAUNCH_BYTES / 4);
    const slots = new BigUint64Array(memory, offset, LAUNCH_BYTES / SLOT_BYTES);
    parameters.forEach((value, i) => {
      slots[i] = BigInt(value);
      slots[POINTERS_AT / SLOT_BYTES + i] = BigInt(page.address + offset + i * SLOT_BYTES);
    });
  }

  /** Changes a 32-bit parameter. */
  set(slot: number, value: number): void {
    this.#words[slot * 2] = value;
  }

  /** Changes a 64-bit address parameter. */
  setAddress(slot: number, address: number): void {
    this.#words[slot * 2] = address % 0x100000000;
    this.#words[slot * 2 + 1] = Math.floor(address / 0x100000000);
  }

  run(): void {
    const { library } = this.#driver;
    const status = library.call.cuLaunchKernel(
      this.#kernel,
      this.#blocks,
      1,
      1,
      this.#threads,
      1,
      1,
      0,
      this.#stream,
      this.#pointers,
      0,
    );
    this.#driver.must('cuLaunchKernel', status);
  }
}

/** Slots of the parameters that change between steps; kernels/sum_of_squares.cu defines the parameters. */
export const SLICE = { total: 1, out: 3, index: 6 } as const;
export const GATHER = { out: 3 } as const;
