import type { Values } from '../../data/dataset.js';
import { formatBytes } from '../../units.js';
import { StrategyUnavailable } from '../engine.js';
import { CudaError, STATUS } from './cuda-error.js';
import type { CallName } from './declarations.js';
import type { Driver } from './driver.js';

/** CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP; the CU_MEMHOSTREGISTER_ flags have the same values. */
const PORTABLE_AND_MAPPED = 3;
/** A view of 4 GiB crashes Node 20, so large memory is accessed through windows of this size. */
export const WINDOW_BYTES = 2 ** 30;

/** Allocated memory, which must be freed. */
export interface Memory {
  /** A device address for device memory, a host address for host memory. */
  readonly address: number;
  readonly bytes: number;
  free(): void;
}

/** Page-locked host memory, mapped into the device's address space. */
export interface PageLocked extends Memory {
  /** The address at which a kernel accesses it. */
  readonly deviceAddress: number;
}

/** Allocates device memory. Throws `StrategyUnavailable`, stating required and free memory, if it does not fit. */
export function allocateOnDevice(driver: Driver, bytes: number, what: string): Memory {
  const address = allocated(driver, 'cuMemAlloc_v2', bytes, [], () => ({
    needs: needsOf(what, bytes, 'device memory'),
    free: `${formatBytes(driver.memory().freeBytes)} free on the device`,
  }));
  return { address, bytes, free: () => driver.release('cuMemFree_v2', address) };
}

/**
 * Allocates page-locked memory. Throws `StrategyUnavailable` if it needs over half of the available host memory or the driver
 * refuses.
 */
export function allocatePageLocked(driver: Driver, bytes: number, what: string): PageLocked {
  const needs = needsOf(what, bytes, 'page-locked memory');
  mustLeaveHalf(bytes, driver.hostFreeBytes, needs);
  const address = allocated(driver, 'cuMemHostAlloc', bytes, [PORTABLE_AND_MAPPED], () => ({
    needs,
    free: `${formatBytes(driver.hostFreeBytes())} available on the host`,
  }));
  return mapped(driver, address, bytes, () => driver.release('cuMemFreeHost', address));
}

/**
 * Page-locks an array's own memory, so that no copy is needed. `undefined` if the system cannot. The array must outlive the
 * result.
 */
export function pageLockInPlace(
  driver: Driver,
  array: ArrayBufferView,
  what: string,
): PageLocked | undefined {
  const { byteLength: bytes } = array;
  // The array's memory is already allocated, so it counts as available.
  const needs = needsOf(what, bytes, 'page-locked memory');
  mustLeaveHalf(bytes, () => driver.hostFreeBytes() + bytes, needs);
  const address = driver.library.address(array);
  const status = driver.library.call.cuMemHostRegister_v2(address, bytes, PORTABLE_AND_MAPPED);
  if (status !== 0) {
    const error = driver.error('cuMemHostRegister_v2', status);
    if (error.deviceIsLost) throw error;
    return undefined;
  }
  return mapped(driver, address, bytes, () => driver.release('cuMemHostUnregister', address));
}

/** Copies an array to new pageable memory. Throws `StrategyUnavailable` if it needs over half of the available host memory. */
export function copyToPageable(driver: Driver, array: Values, what: string): Memory {
  const { byteLength: bytes } = array;
  mustLeaveHalf(bytes, driver.hostFreeBytes, needsOf(what, bytes, 'host memory'));
  let copy: Values | undefined = offHeap(array.slice());
  return {
    address: driver.library.address(copy),
    bytes,
    free() {
      copy = undefined;
    },
  };
}

/** Fixes an array's address: V8 may move a short array until its `buffer` property is first read. */
export function offHeap<T extends ArrayBufferView>(array: T): T {
  void array.buffer;
  return array;
}

function mapped(driver: Driver, address: number, bytes: number, free: () => void): PageLocked {
  try {
    const deviceAddress = driver.make('cuMemHostGetDevicePointer_v2', address, 0);
    return { address, deviceAddress, bytes, free };
  } catch (error) {
    free();
    throw error;
  }
}

/** For example `the dataset needs 3.91 KiB of device memory`; a `what` that ends with `s` takes the plural. */
function needsOf(what: string, bytes: number, memory: string): string {
  return `${what} ${what.endsWith('s') ? 'need' : 'needs'} ${formatBytes(bytes)} of ${memory}`;
}

/** pinbench itself may refuse a larger allocation of host memory, before the system kills the process for lack of memory. */
const SMALL_BYTES = 16 * 2 ** 20;

/** Throws `StrategyUnavailable` if a large allocation exceeds half of the available host memory. Small ones are not checked. */
function mustLeaveHalf(bytes: number, available: () => number, needs: string): void {
  if (bytes <= SMALL_BYTES) return;
  const half = available() / 2;
  if (bytes <= half) return;
  throw new StrategyUnavailable(
    `${needs}, which is more than half (${formatBytes(half)}) of the available host memory`,
  );
}

/** Calls an allocation function and returns the address. If memory runs out, the error states required and free memory. */
function allocated(
  driver: Driver,
  call: CallName,
  bytes: number,
  flags: readonly number[],
  words: () => { readonly needs: string; readonly free: string },
): number {
  try {
    return driver.make(call, bytes, ...flags);
  } catch (error) {
    if (!(error instanceof CudaError) || error.status !== STATUS.outOfMemory) throw error;
    const { needs, free } = words();
    throw new StrategyUnavailable(
      `${needs}, but the driver refused to allocate it with ${free}; ${error.remedy}`,
      {
        cause: error,
      },
    );
  }
}

/** Copies an array to page-locked memory, window by window. */
export function fillPageLocked(
  driver: Driver,
  { address, bytes }: PageLocked,
  source: ArrayBufferView,
): void {
  for (let done = 0; done < bytes; done += WINDOW_BYTES) {
    const length = Math.min(WINDOW_BYTES, bytes - done);
    const window = new Uint8Array(driver.library.view(address + done, length));
    window.set(new Uint8Array(source.buffer, source.byteOffset + done, length));
  }
}
