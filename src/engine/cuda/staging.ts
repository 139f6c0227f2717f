import { allocate, ELEMENT_BYTES, type Values } from '../../data/dataset.js';
import type { DType } from '../../words.js';
import type { Allocations } from './allocations.js';
import type { Driver } from './driver.js';
import { allocatePageLocked, offHeap } from './memory.js';

/** The host writes one slot while the other is being copied. */
const SLOTS = 2;
/**
 * A copy of at most this many bytes from pageable memory is asynchronous to the host (CUDA C Programming Guide, Concurrent
 * Execution between Host and Device: "a memory block of 64 KB or less"). A larger one may wait for all previously queued work.
 */
export const PUSHED_BYTES = 65_536;

/** Memory that the host writes for one copy. */
export interface Slot<T> {
  readonly values: T;
  readonly address: number;
}

/** The contents of staging memory, and how it is used. */
export interface StagingUse {
  /** The name of its contents in error messages. */
  readonly what: string;
  readonly dtype: DType;
  readonly elements: number;
  readonly hostMemory: 'pageable' | 'page-locked';
  /** The stream of its copies. */
  readonly stream: number;
  /** The host waits elsewhere for each copy before it writes again: one slot suffices, and no events are needed. */
  readonly waited: boolean;
  /** Another staging memory is used during this one's copies: one slot suffices. */
  readonly alternates: boolean;
}

/**
 * Host memory that is overwritten repeatedly, possibly while earlier copies of it are still in flight. From page-locked memory a
 * copy reads when it runs; for pageable memory the documentation leaves open whether it reads when it is queued. Therefore a slot
 * is overwritten only after its last copy has ended.
 */
export class Staging<T extends Values = Values> {
  readonly #driver: Driver;
  readonly #stream: number;
  readonly #slots: readonly Slot<T>[];
  /** One event per slot; none if the host waits elsewhere. */
  readonly #copied: readonly number[];
  #turn = 0;

  constructor(driver: Driver, allocations: Allocations, use: StagingUse) {
    const { hostMemory, stream, waited, alternates } = use;
    this.#driver = driver;
    this.#stream = stream;
    const slots = Array.from({ length: waited || alternates ? 1 : SLOTS });
    const slot = hostMemory === 'pageable' ? pageableSlot : pageLockedSlot;
    this.#slots = slots.map(() => slot(driver, allocations, use) as Slot<T>);
    this.#copied = waited ? [] : slots.map(() => allocations.event());
  }

  /** Returns the slot to write next, once its last copy has ended. */
  next(): Slot<T> {
    this.#turn = (this.#turn + 1) % this.#slots.length;
    if (this.#copied.length > 0) this.#driver.do('cuEventSynchronize', this.#copied[this.#turn]!);
    return this.#slots[this.#turn]!;
  }

  /** Records that a copy of the current slot was queued. */
  queued(): void {
    if (this.#copied.length > 0) this.#driver.do('cuEventRecord', this.#copied[this.#turn]!, this.#stream);
  }
}

function pageableSlot(driver: Driver, _: Allocations, { dtype, elements }: StagingUse): Slot<Values> {
  const values = allocate(dtype, elements);
  return { values, address: driver.library.address(offHeap(values)) };
}

/** Allocates page-locked memory as a typed array. */
export function pageLockedSlot(
  driver: Driver,
  allocations: Allocations,
  { what, dtype, elements }: Pick<StagingUse, 'what' | 'dtype' | 'elements'>,
): Slot<Values> {
  const bytes = elements * ELEMENT_BYTES[dtype];
  const { address } = allocations.keep(allocatePageLocked(driver, bytes, what));
  const ArrayType = allocate(dtype, 0).constructor as new (buffer: ArrayBuffer) => Values;
  return { values: new ArrayType(driver.library.view(address, bytes)), address };
}
