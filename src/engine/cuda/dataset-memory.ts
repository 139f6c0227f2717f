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
 * The copies of datasets that the sessions of a device share, so that measuring every strategy needs no more memory than one.
 * A copy is made when a session first asks for it. Each session gives back what it asked for, and the last to do so frees the
 * copy: when no session is left, nothing of the dataset is.
 */
export class DatasetMemory {
  readonly #context: Context;
  /** By the dataset's own memory, which may be page-locked but once. */
  readonly #copies = new Map<Values, Copies>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Bytes that device memory lacks for a dataset of so many; 0 while a copy of that size is there to be shared. */
  lacking(bytes: number): number {
    for (const { resident } of this.#copies.values()) if (resident.bytes === bytes) return 0;
    return bytes;
  }

  /** Room for the dataset in device memory. What is in it is undefined until `upload`. */
  resident(dataset: Dataset): Memory {
    const { driver } = this.#context;
    return this.#copiesOf(dataset).resident.take(() =>
      allocateOnDevice(driver, dataset.values.byteLength, WHAT),
    );
  }

  /** Copies the dataset to where `resident` made room for it, and waits until it is there. */
  upload(dataset: Dataset, to: Memory): void {
    const { driver, stream } = this.#context;
    const from = driver.library.address(offHeap(dataset.values));
    copyToDevice(driver, to.address, from, to.bytes, stream);
    driver.do('cuStreamSynchronize', stream);
  }

  /**
   * The dataset in pageable memory: its own, or a copy while its own is page-locked, by whichever device of the process. It stays
   * pageable until it is given back.
   */
  pageable(dataset: Dataset): Memory {
    return this.#copiesOf(dataset).takePageable();
  }

  /**
   * The dataset in page-locked memory: its own where no session of any device copies from that as pageable memory and no other
   * device has locked it, else a copy.
   */
  pageLocked(dataset: Dataset): PageLocked {
    return this.#copiesOf(dataset).takePageLocked();
  }

  /** Frees every copy, whether sessions still use it or not. */
  free(): void {
    for (const copies of this.#copies.values()) copies.free();
    this.#copies.clear();
  }

  #copiesOf({ values }: Dataset): Copies {
    // What no session uses any more is forgotten when the next dataset is asked for.
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
  /** The dataset's own memory, while sessions copy from it as pageable memory. */
  readonly #own = new Shared<Memory>();
  readonly #pageableCopy = new Shared<Memory>();
  /** What all devices of the process do with the dataset's own memory. */
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

/** Memory that several sessions use: made for the first that takes it, freed when the last gives it back. */
class Shared<T extends Memory> {
  #memory: T | undefined;
  #users = 0;

  /** Bytes of the memory while it is there. */
  get bytes(): number | undefined {
    return this.#memory?.bytes;
  }

  /** A share of the memory. Freeing it, once, gives the share back. */
  take(make: () => T): T {
    this.#memory ??= make();
    const memory = this.#memory;
    this.#users += 1;
    const free = () => {
      // The device may have freed it before.
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
