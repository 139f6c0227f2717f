import { describe, expect, it } from 'vitest';
import { StrategyUnavailable } from '../engine.js';
import { Driver } from './driver.js';
import { allocatePageLocked, pageLockInPlace } from './memory.js';
import { MemoryLibrary } from './testing/memory-library.js';

const driverWhereHostHas = (freeBytes: number) => new Driver(new MemoryLibrary(), () => freeBytes);

describe('page-locked memory', () => {
  it('is at most half of what the host has free', () => {
    const driver = driverWhereHostHas(8192);
    allocatePageLocked(driver, 4096, 'a mini-batch').free();
    expect(() => allocatePageLocked(driver, 4097, 'a mini-batch')).toThrow(
      new StrategyUnavailable(
        'a mini-batch needs 4.00 KiB of page-locked memory, half of what the host has free is 4.00 KiB',
      ),
    );
  });

  it('counts an array that is locked in place as free, because it is taken already', () => {
    const array = new Uint8Array(4096);
    pageLockInPlace(driverWhereHostHas(4096), array, 'the dataset')?.free();
    expect(() => pageLockInPlace(driverWhereHostHas(4095), array, 'the dataset')).toThrow(
      StrategyUnavailable,
    );
  });
});
