import { allocate, ELEMENT_BYTES, type Values } from '../../data/dataset.js';
import type { DType } from '../../words.js';
import type { Belongings } from './belongings.js';
import type { Driver } from './driver.js';
import { allocatePageLocked, offHeap } from './memory.js';

/** While the copy of one slot is under way the host writes the other. */
const SLOTS = 2;
/**
 * A copy of at most so many bytes from pageable memory travels with the commands (CUDA C Programming Guide, Concurrent Execution
 * between Host and Device: "a memory block of 64 KB or less"). A larger one may wait for all that was queued before it.
 */
export const PUSHED_BYTES = 65_536;

/** Memory that the host writes for one copy. */
export interface Slot<T> {
  readonly values: T;
  readonly address: number;
}

/** What staging is made of, and how it is used. */
export interface StagingUse {
  /** What it holds, as errors say it. */
  readonly what: string;
  readonly dtype: DType;
  readonly elements: number;
  readonly hostMemory: 'pageable' | 'page-locked';
  /** The stream of its copies. */
  readonly stream: number;
  /** The host waits for each copy elsewhere before it writes again: one slot is enough, and nothing is noted. */
  readonly waited: boolean;
  /** Copies of other staging fill the time of this one's: one slot is enough. */
  readonly alternates: boolean;
}

/**
 * Memory that the host writes again and again while copies of it may still be under way. From page-locked memory a copy reads
 * when it runs; from pageable memory the documentation only says that it might have read when it is queued. So a slot is
 * written again when the copy last made of it has ended, and not before.
 */
export class Staging<T extends Values = Values> {
  readonly #driver: Driver;
  readonly #stream: number;
  readonly #slots: readonly Slot<T>[];
  /** One of each slot; none where the host waits elsewhere. */
  readonly #copied: readonly number[];
  #turn = 0;

  constructor(driver: Driver, belongings: Belongings, use: StagingUse) {
    const { hostMemory, stream, waited, alternates } = use;
    this.#driver = driver;
    this.#stream = stream;
    const slots = Array.from({ length: waited || alternates ? 1 : SLOTS });
    const slot = hostMemory === 'pageable' ? pageableSlot : pageLockedSlot;
    this.#slots = slots.map(() => slot(driver, belongings, use) as Slot<T>);
    this.#copied = waited ? [] : slots.map(() => belongings.event());
  }

  /** The slot to write next. */
  next(): Slot<T> {
    this.#turn = (this.#turn + 1) % this.#slots.length;
    if (this.#copied.length > 0) this.#driver.do('cuEventSynchronize', this.#copied[this.#turn]!);
    return this.#slots[this.#turn]!;
  }

  /** Notes that a copy of that slot was queued. */
  queued(): void {
    if (this.#copied.length > 0) this.#driver.do('cuEventRecord', this.#copied[this.#turn]!, this.#stream);
  }
}

function pageableSlot(driver: Driver, _: Belongings, { dtype, elements }: StagingUse): Slot<Values> {
  const values = allocate(dtype, elements);
  return { values, address: driver.library.address(offHeap(values)) };
}

/** Page-locked memory as an array of elements. */
export function pageLockedSlot(
  driver: Driver,
  belongings: Belongings,
  { what, dtype, elements }: Pick<StagingUse, 'what' | 'dtype' | 'elements'>,
): Slot<Values> {
  const bytes = elements * ELEMENT_BYTES[dtype];
  const { address } = belongings.keep(allocatePageLocked(driver, bytes, what));
  const ArrayType = allocate(dtype, 0).constructor as new (buffer: ArrayBuffer) => Values;
  return { values: new ArrayType(driver.library.view(address, bytes)), address };
}
