import { describe, expect, it } from 'vitest';
import { settingsOf } from '../settings.js';
import { chunkOf, chunkSteps, chunksIn } from './chunks.js';
import { plansOf } from './plan.js';

describe('a chunk', () => {
  it('has at least one mini-batch and at most all of an epoch', () => {
    expect([chunkOf(0, 5), chunkOf(3, 5), chunkOf(9, 5)]).toEqual([1, 3, 5]);
  });

  it('holds 8 MiB if its size is not given', () => {
    const chunkFor = (cols: number, batch: number, chunk?: number) =>
      plansOf({ rows: 1_000_000, cols, dtype: 'float32' }, { ...settingsOf({ batch }), chunk }).plans[0]!
        .chunk;
    expect(chunkFor(64, 32)).toBe(1024);
    expect(chunkFor(64, 32_768)).toBe(1);
    expect(chunkFor(64, 100_000)).toBe(1);
    expect(chunkFor(64, 32, 7)).toBe(7);
  });

  it('starts small in each call and doubles, since nothing hides the first copy', () => {
    expect(Array.from({ length: 7 }, (_, i) => chunkSteps(1000, i))).toEqual([
      63, 126, 252, 504, 1000, 1000, 1000,
    ]);
    expect(Array.from({ length: 3 }, (_, i) => chunkSteps(1, i))).toEqual([1, 1, 1]);
    expect(chunkSteps(2 ** 20, 10_000)).toBe(2 ** 20);
  });

  it('is counted once for each chunk that a call takes', () => {
    expect([0, 1, 63, 64, 189, 945, 1945, 1946].map((steps) => chunksIn(1000, steps))).toEqual([
      0, 1, 1, 2, 2, 4, 5, 6,
    ]);
  });
});
