import type { Driver } from './driver.js';
import { allocateOnDevice, allocatePageLocked, type Memory, type PageLocked } from './memory.js';

/** Bytes of a scalar, a float64. */
export const SCALAR_BYTES = 8;

/** How scalars come back: the kernel writes them to mapped page-locked memory, or a device-to-host copy fetches them. */
export class Readback {
  /** The device address of scalar 0; scalar k follows 8·k bytes later. */
  readonly deviceAddress: number;
  /** The scalars, valid once the stream is synchronized. */
  readonly values: Float64Array;
  readonly #driver: Driver;
  readonly #stream: number;
  readonly #host: PageLocked;
  readonly #device: Memory | undefined;

  /** Allocates room for `count` scalars. */
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

  /** Queues the copy of `count` scalars to the host; does nothing if they are mapped. */
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
