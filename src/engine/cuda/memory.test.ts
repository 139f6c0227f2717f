import { describe, expect, it } from 'vitest';
import { StrategyUnavailable } from '../engine.js';
import { Context } from './context.js';
import { Driver } from './driver.js';
import { allocateOnDevice, allocatePageLocked, copyToPageable, pageLockInPlace } from './memory.js';
import { MemoryLibrary } from './testing/memory-library.js';

/** A driver with a current context on the in-memory library. */
const driverOn = (library: MemoryLibrary, hostFreeBytes: () => number) =>
  new Context(new Driver(library, hostFreeBytes), 0).driver;
const driverWhereHostHas = (freeBytes: number) => driverOn(new MemoryLibrary(), () => freeBytes);

const MIB = 2 ** 20;

describe('allocating memory', () => {
  it('page-locks at most half of the available host memory', () => {
    const driver = driverWhereHostHas(64 * MIB);
    allocatePageLocked(driver, 32 * MIB, 'the dataset').free();
    expect(() => allocatePageLocked(driver, 32 * MIB + 1, 'the dataset')).toThrow(
      new StrategyUnavailable(
        'the dataset needs 32.0 MiB of page-locked memory, which is more than half (32.0 MiB) of the available host memory',
      ),
    );
  });

  it('does not check the available host memory for small allocations', () => {
    const driver = driverOn(new MemoryLibrary(), () => {
      throw new Error('checked');
    });
    allocatePageLocked(driver, 16 * MIB, 'a mini-batch').free();
    copyToPageable(driver, new Float32Array(MIB), 'a second copy of the dataset').free();
    pageLockInPlace(driver, new Uint8Array(16 * MIB), 'the dataset')?.free();
  });

  it('counts an array that is locked in place as available, because it is already allocated', () => {
    const array = new Uint8Array(32 * MIB);
    pageLockInPlace(driverWhereHostHas(32 * MIB), array, 'the dataset')?.free();
    expect(() => pageLockInPlace(driverWhereHostHas(32 * MIB - 1), array, 'the dataset')).toThrow(
      StrategyUnavailable,
    );
  });

  it('states the memory available on the host or free on the device if the driver refuses', () => {
    const library = new MemoryLibrary({ memoryBytes: 3000, fail: { cuMemHostAlloc: [1, 2] } });
    const driver = driverOn(library, () => 5 * MIB);
    expect(() => allocatePageLocked(driver, 8, 'the scalars')).toThrow(
      'the scalars need 8 B of page-locked memory, but the driver refused to allocate it with 5.00 MiB available on the host; use a smaller dataset, or free memory on the host',
    );
    expect(() => allocateOnDevice(driver, 4000, 'the dataset')).toThrow(
      'the dataset needs 3.91 KiB of device memory, but the driver refused to allocate it with 2.93 KiB free on the device; use a smaller batch',
    );
  });
});
