import { type Dataset, ELEMENT_BYTES } from '../../data/dataset.js';
import type { Context } from './context.js';
import { copyToDevice } from './delivery.js';
import {
  allocateOnDevice,
  allocatePageLocked,
  fillPageLocked,
  type Memory,
  type PageLocked,
  pageLockInPlace,
} from './memory.js';

/**
 * The copies of the dataset that sessions of a device share: one in device memory, one in page-locked memory, made when first
 * asked for. So measuring every strategy needs no more memory than one. Each session's setup uploads into them again.
 *
 * Where no session copies from pageable memory, the dataset's own memory is page-locked: what was read from the file goes to
 * the device from where it was read to. Where one does, the two kinds are measured side by side, and the host holds both.
 */
export class Resources {
  readonly #context: Context;
  #resident: Memory | undefined;
  #pageLocked: PageLocked | undefined;
  /** The dataset whose own memory is page-locked. */
  #lockedInPlace: Dataset | undefined;
  /** The dataset that is copied from pageable memory. */
  #pageable: Dataset | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Bytes of the dataset that device memory still lacks; 0 once it is there. */
  lacking(bytes: number): number {
    return this.#resident?.bytes === bytes ? 0 : bytes;
  }

  /** Uploads the dataset, waits until it is there, and returns where it is. */
  upload(dataset: Dataset): Memory {
    const { driver, stream } = this.#context;
    const bytes = bytesOf(dataset);
    if (this.#resident?.bytes !== bytes) {
      this.#resident?.free();
      this.#resident = undefined;
      this.#resident = allocateOnDevice(driver, bytes, 'the dataset');
    }
    copyToDevice(driver, this.#resident.address, this.#addressOf(dataset), bytes, stream);
    driver.do('cuStreamSynchronize', stream);
    return this.#resident;
  }

  /** Where the dataset is in pageable memory, which it stays in from now on. */
  pageable(dataset: Dataset): number {
    if (this.#lockedInPlace === dataset) this.#unlock();
    this.#pageable = dataset;
    return this.#addressOf(dataset);
  }

  /** Has the dataset in page-locked memory, and returns where. */
  pageLock(dataset: Dataset): PageLocked {
    const { driver } = this.#context;
    if (this.#lockedInPlace === dataset) return this.#pageLocked!;
    const bytes = bytesOf(dataset);
    if (this.#lockedInPlace !== undefined || this.#pageLocked?.bytes !== bytes) this.#unlock();
    if (this.#pageable !== dataset && this.#pageLocked === undefined) {
      this.#pageLocked = pageLockInPlace(driver, offHeap(dataset.values), 'the dataset');
      if (this.#pageLocked !== undefined) {
        this.#lockedInPlace = dataset;
        return this.#pageLocked;
      }
    }
    this.#pageLocked ??= allocatePageLocked(driver, bytes, 'the dataset');
    fillPageLocked(driver, this.#pageLocked, dataset.values);
    return this.#pageLocked;
  }

  free(): void {
    this.#unlock();
    this.#resident?.free();
    this.#resident = undefined;
  }

  #unlock(): void {
    this.#pageLocked?.free();
    this.#pageLocked = undefined;
    this.#lockedInPlace = undefined;
  }

  #addressOf({ values }: Dataset): number {
    return this.#context.driver.library.address(offHeap(values));
  }
}

/** A short array lives where the garbage collector may move it, until its buffer is asked for. */
export function offHeap<T extends ArrayBufferView>(array: T): T {
  void array.buffer;
  return array;
}

function bytesOf({ rows, cols, dtype }: Dataset): number {
  return rows * cols * ELEMENT_BYTES[dtype];
}
