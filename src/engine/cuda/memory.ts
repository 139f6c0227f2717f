import type { Values } from '../../data/dataset.js';
import { formatBytes } from '../../units.js';
import { StrategyUnavailable } from '../engine.js';
import { CudaError, STATUS } from './cuda-error.js';
import type { CallName } from './declarations.js';
import type { Driver } from './driver.js';

/** CU_MEMHOSTALLOC_PORTABLE and _DEVICEMAP, which CU_MEMHOSTREGISTER_ has by the same numbers. */
const PORTABLE_AND_MAPPED = 3;
/** Node 20 ends the process at a view of 4 GiB: memory is looked at through windows. */
export const WINDOW_BYTES = 2 ** 30;

/** Memory that has to be given back. */
export interface Memory {
  /** As the device addresses it, or as the host does. */
  readonly address: number;
  readonly bytes: number;
  free(): void;
}

/** Page-locked host memory, mapped into the device's address space. */
export interface PageLocked extends Memory {
  /** The address by which a kernel reads it. */
  readonly deviceAddress: number;
}

/** Device memory; `StrategyUnavailable`, stating required and free memory, where it does not fit. */
export function allocateOnDevice(driver: Driver, bytes: number, what: string): Memory {
  const address = allocated(driver, 'cuMemAlloc_v2', bytes, [], () => ({
    needs: needsOf(what, bytes, 'device memory'),
    free: `${formatBytes(driver.memory().freeBytes)} of the device free`,
  }));
  return { address, bytes, free: () => driver.release('cuMemFree_v2', address) };
}

/** Page-locked memory; `StrategyUnavailable` where it is large beside what the host has available, or where the driver refuses. */
export function allocatePageLocked(driver: Driver, bytes: number, what: string): PageLocked {
  const needs = needsOf(what, bytes, 'page-locked memory');
  mustLeaveHalf(bytes, driver.hostFreeBytes, needs);
  const address = allocated(driver, 'cuMemHostAlloc', bytes, [PORTABLE_AND_MAPPED], () => ({
    needs,
    free: `${formatBytes(driver.hostFreeBytes())} of the host available`,
  }));
  return mapped(driver, address, bytes, () => driver.release('cuMemFreeHost', address));
}

/** Page-locks an array's own memory, so that no other copy is made; `undefined` where the system cannot. The array must outlive it. */
export function pageLockInPlace(
  driver: Driver,
  array: ArrayBufferView,
  what: string,
): PageLocked | undefined {
  const { byteLength: bytes } = array;
  // What is to be locked is taken already.
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

/** A copy of an array in pageable memory; `StrategyUnavailable` where it is large beside what the host has available. It lives until it is freed. */
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

/** A short array lives where the garbage collector may move it, until its buffer is asked for. */
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

/** `the dataset needs 3.91 KiB of device memory`; what is several things needs a plural. */
function needsOf(what: string, bytes: number, memory: string): string {
  return `${what} ${what.endsWith('s') ? 'need' : 'needs'} ${formatBytes(bytes)} of ${memory}`;
}

/** Host memory beyond this may be refused by pinbench itself, so that the system does not have to end the process. */
const SMALL_BYTES = 16 * 2 ** 20;

/** Looks at the host only where the answer matters: what is small is taken whatever the host says. */
function mustLeaveHalf(bytes: number, available: () => number, needs: string): void {
  if (bytes <= SMALL_BYTES) return;
  const half = available() / 2;
  if (bytes <= half) return;
  throw new StrategyUnavailable(`${needs}, half of what the host has available is ${formatBytes(half)}`);
}

/** What a call for memory returns. Where there is none, the error says how much was needed and how much is free. */
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
    throw new StrategyUnavailable(`${needs}, the driver refused it with ${free}; ${error.remedy}`, {
      cause: error,
    });
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
