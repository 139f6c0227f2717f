import { type Dataset, ELEMENT_BYTES } from '../../data/dataset.js';
import type { Context } from './context.js';
import {
  allocateOnDevice,
  allocatePageLocked,
  fillPageLocked,
  type Memory,
  type PageLocked,
} from './memory.js';

/**
 * The copies of the dataset that sessions of a device share: one in device memory, one in page-locked memory, made when first
 * asked for. So measuring every strategy needs no more memory than one. Each session's setup uploads into them again.
 */
export class Resources {
  readonly #context: Context;
  #resident: Memory | undefined;
  #pageLocked: PageLocked | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Bytes of the dataset that device memory still lacks; 0 once it is there. */
  lacking(bytes: number): number {
    return this.#resident?.bytes === bytes ? 0 : bytes;
  }

  /** Uploads the dataset from pageable memory, and returns where it is. */
  upload(dataset: Dataset): Memory {
    const { driver } = this.#context;
    const bytes = bytesOf(dataset);
    if (this.#resident?.bytes !== bytes) {
      this.#resident?.free();
      this.#resident = undefined;
      this.#resident = allocateOnDevice(driver, bytes, 'the dataset');
    }
    driver.do('cuMemcpyHtoD_v2', this.#resident.address, driver.library.address(dataset.values), bytes);
    driver.h2dBytes += bytes;
    return this.#resident;
  }

  /** Fills page-locked memory with the dataset, and returns where it is. */
  pageLock(dataset: Dataset): PageLocked {
    const { driver } = this.#context;
    const bytes = bytesOf(dataset);
    if (this.#pageLocked?.bytes !== bytes) {
      this.#pageLocked?.free();
      this.#pageLocked = undefined;
      this.#pageLocked = allocatePageLocked(driver, bytes, 'the dataset');
    }
    fillPageLocked(driver, this.#pageLocked, dataset.values);
    return this.#pageLocked;
  }

  free(): void {
    this.#pageLocked?.free();
    this.#resident?.free();
    this.#pageLocked = undefined;
    this.#resident = undefined;
  }
}

function bytesOf({ rows, cols, dtype }: Dataset): number {
  return rows * cols * ELEMENT_BYTES[dtype];
}
