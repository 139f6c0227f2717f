import type { Driver } from './driver.js';
import { allocateOnDevice, allocatePageLocked, type Memory, type PageLocked } from './memory.js';

/** Bytes of a scalar, a float64. */
export const SCALAR_BYTES = 8;

/** Where scalars come back: through mapped page-locked memory the kernel writes to, or by a device-to-host copy. */
export class Readback {
  /** Where the kernel writes scalar 0; scalar k is 8·k bytes on. */
  readonly deviceAddress: number;
  /** The scalars, valid after the stream was waited for. */
  readonly values: Float64Array;
  readonly #driver: Driver;
  readonly #stream: number;
  readonly #host: PageLocked;
  readonly #device: Memory | undefined;

  /** Room for `count` scalars. */
  constructor(driver: Driver, stream: number, count: number, readback: 'mapped' | 'copy') {
    this.#driver = driver;
    this.#stream = stream;
    this.#host = allocatePageLocked(driver, count * SCALAR_BYTES, 'the scalars');
    try {
      if (readback === 'copy') this.#device = allocateOnDevice(driver, count * SCALAR_BYTES, 'the scalars');
    } catch (error) {
      this.#host.free();
      throw error;
    }
    this.deviceAddress = this.#device?.address ?? this.#host.deviceAddress;
    this.values = new Float64Array(driver.library.view(this.#host.address, count * SCALAR_BYTES));
  }

  /** Queues what brings `count` scalars back: nothing where they are mapped. */
  fetch(count: number): void {
    if (this.#device === undefined) return;
    const { call } = this.#driver.library;
    const status = call.cuMemcpyDtoHAsync_v2(
      this.#host.address,
      this.#device.address,
      count * SCALAR_BYTES,
      this.#stream,
    );
    this.#driver.must('cuMemcpyDtoHAsync_v2', status);
  }

  free(): void {
    this.#device?.free();
    this.#host.free();
  }
}
