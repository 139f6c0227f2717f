import type { Dataset, Values } from '../../data/dataset.js';
import type { Context } from './context.js';
import { copyToDevice } from './delivery.js';
import type { Driver } from './driver.js';
import { type HostUse, hostUseOf } from './host-use.js';
import {
  allocateOnDevice,
  allocatePageLocked,
  copyToPageable,
  fillPageLocked,
  type Memory,
  offHeap,
  type PageLocked,
  pageLockInPlace,
} from './memory.js';

const WHAT = 'the dataset';

/**
 * The copies of datasets that the sessions of a device share, so that measuring all strategies needs no more memory than
 * measuring one. A copy is made when a session first requests it, and freed when the last session that uses it has released it.
 */
export class DatasetMemory {
  readonly #context: Context;
  /** Keyed by the dataset's own memory, which can be page-locked only once. */
  readonly #copies = new Map<Values, Copies>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Bytes of device memory still to be allocated for a dataset of `bytes`: 0 if a copy of that size exists and can be shared. */
  lacking(bytes: number): number {
    for (const { resident } of this.#copies.values()) if (resident.bytes === bytes) return 0;
    return bytes;
  }

  /** Allocates or shares device memory for the dataset. Its contents are undefined until `upload`. */
  resident(dataset: Dataset): Memory {
    const { driver } = this.#context;
    return this.#copiesOf(dataset).resident.take(() =>
      allocateOnDevice(driver, dataset.values.byteLength, WHAT),
    );
  }

  /** Copies the dataset to the memory that `resident` returned, and waits for the copy. */
  upload(dataset: Dataset, to: Memory): void {
    const { driver, stream } = this.#context;
    const from = driver.library.address(offHeap(dataset.values));
    copyToDevice(driver, to.address, from, to.bytes, stream);
    driver.do('cuStreamSynchronize', stream);
  }

  /**
   * The dataset in pageable memory: its own memory, or a copy while a device of the process has page-locked that. It stays
   * pageable until it is freed.
   */
  pageable(dataset: Dataset): Memory {
    return this.#copiesOf(dataset).takePageable();
  }

  /**
   * The dataset in page-locked memory: its own memory, unless a session of any device copies from that as pageable memory or
   * another device has page-locked it; then a copy.
   */
  pageLocked(dataset: Dataset): PageLocked {
    return this.#copiesOf(dataset).takePageLocked();
  }

  /** Frees every copy, even those still in use. */
  free(): void {
    for (const copies of this.#copies.values()) copies.free();
    this.#copies.clear();
  }

  #copiesOf({ values }: Dataset): Copies {
    // Forget datasets that no session uses any more.
    for (const [other, copies] of this.#copies) if (copies.unused) this.#copies.delete(other);
    const known = this.#copies.get(values) ?? new Copies(this.#context.driver, values);
    this.#copies.set(values, known);
    return known;
  }
}

/** The copies of one dataset. */
class Copies {
  readonly resident = new Shared<Memory>();
  readonly #driver: Driver;
  readonly #values: Values;
  readonly #pageLocked = new Shared<PageLocked>();
  /** The dataset's own memory, if sessions copy from it as pageable memory. */
  readonly #own = new Shared<Memory>();
  readonly #pageableCopy = new Shared<Memory>();
  /** How all devices of the process use the dataset's own memory. */
  readonly #use: HostUse;

  constructor(driver: Driver, values: Values) {
    this.#driver = driver;
    this.#values = offHeap(values);
    this.#use = hostUseOf(this.#values);
  }

  get unused(): boolean {
    return this.#all.every(({ bytes }) => bytes === undefined);
  }

  takePageable(): Memory {
    if (this.#use.isLocked) {
      return this.#pageableCopy.take(() =>
        copyToPageable(this.#driver, this.#values, `a second copy of ${WHAT}`),
      );
    }
    const { byteLength: bytes } = this.#values;
    const address = this.#driver.library.address(this.#values);
    return this.#own.take(() => ({ address, bytes, free: this.#use.copy() }));
  }

  takePageLocked(): PageLocked {
    return this.#pageLocked.take(() => this.#lockInPlace() ?? this.#copyToPageLocked());
  }

  free(): void {
    for (const shared of this.#all) shared.free();
  }

  get #all(): readonly Shared<Memory>[] {
    return [this.resident, this.#pageLocked, this.#own, this.#pageableCopy];
  }

  #lockInPlace(): PageLocked | undefined {
    if (this.#use.isCopied || this.#use.isLocked) return undefined;
    const locked = pageLockInPlace(this.#driver, this.#values, WHAT);
    if (locked === undefined) return undefined;
    const unlocked = this.#use.lock();
    return {
      ...locked,
      free() {
        locked.free();
        unlocked();
      },
    };
  }

  #copyToPageLocked(): PageLocked {
    const copy = allocatePageLocked(this.#driver, this.#values.byteLength, WHAT);
    try {
      fillPageLocked(this.#driver, copy, this.#values);
      return copy;
    } catch (error) {
      copy.free();
      throw error;
    }
  }
}

/** Reference-counted memory: allocated for the first session that takes it, freed when the last one releases it. */
class Shared<T extends Memory> {
  #memory: T | undefined;
  #users = 0;

  /** Size of the memory in bytes; `undefined` while it is not allocated. */
  get bytes(): number | undefined {
    return this.#memory?.bytes;
  }

  /** Adds a user and returns the memory. Its `free`, to be called once, removes that user. */
  take(make: () => T): T {
    this.#memory ??= make();
    const memory = this.#memory;
    this.#users += 1;
    const free = () => {
      // Closing the device may already have freed it.
      if (this.#memory !== memory) return;
      this.#users -= 1;
      if (this.#users === 0) this.free();
    };
    return { ...memory, free };
  }

  free(): void {
    this.#memory?.free();
    this.#memory = undefined;
    this.#users = 0;
  }
}
