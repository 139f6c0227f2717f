import { describe, expect, it } from 'vitest';
import { StrategyUnavailable } from '../engine.js';
import { Context } from './context.js';
import { Driver } from './driver.js';
import { allocateOnDevice, allocatePageLocked, copyToPageable, pageLockInPlace } from './memory.js';
import { MemoryLibrary } from './testing/memory-library.js';

/** A driver with a context on a device of a library in memory. */
const driverOn = (library: MemoryLibrary, hostFreeBytes: () => number) =>
  new Context(new Driver(library, hostFreeBytes), 0).driver;
const driverWhereHostHas = (freeBytes: number) => driverOn(new MemoryLibrary(), () => freeBytes);

const MIB = 2 ** 20;

describe('page-locked memory', () => {
  it('is at most half of what the host has available', () => {
    const driver = driverWhereHostHas(64 * MIB);
    allocatePageLocked(driver, 32 * MIB, 'the dataset').free();
    expect(() => allocatePageLocked(driver, 32 * MIB + 1, 'the dataset')).toThrow(
      new StrategyUnavailable(
        'the dataset needs 32.0 MiB of page-locked memory, half of what the host has available is 32.0 MiB',
      ),
    );
  });

  it('is taken without a look at the host where it is small', () => {
    const driver = driverOn(new MemoryLibrary(), () => {
      throw new Error('looked at');
    });
    allocatePageLocked(driver, 16 * MIB, 'a mini-batch').free();
    copyToPageable(driver, new Float32Array(MIB), 'a second copy of the dataset').free();
    pageLockInPlace(driver, new Uint8Array(16 * MIB), 'the dataset')?.free();
  });

  it('counts an array that is locked in place as available, because it is taken already', () => {
    const array = new Uint8Array(32 * MIB);
    pageLockInPlace(driverWhereHostHas(32 * MIB), array, 'the dataset')?.free();
    expect(() => pageLockInPlace(driverWhereHostHas(32 * MIB - 1), array, 'the dataset')).toThrow(
      StrategyUnavailable,
    );
  });

  it('that the driver refuses is said with what the host has, and device memory with what the device has', () => {
    const library = new MemoryLibrary({ memoryBytes: 3000, fail: { cuMemHostAlloc: [1, 2] } });
    const driver = driverOn(library, () => 5 * MIB);
    expect(() => allocatePageLocked(driver, 8, 'the scalars')).toThrow(
      'the scalars need 8 B of page-locked memory, the driver refused it with 5.00 MiB of the host available; use a smaller dataset, or free memory on the host',
    );
    expect(() => allocateOnDevice(driver, 4000, 'the dataset')).toThrow(
      'the dataset needs 3.91 KiB of device memory, the driver refused it with 2.93 KiB of the device free; use a smaller batch',
    );
  });
});
