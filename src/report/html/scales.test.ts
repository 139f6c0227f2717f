import { describe, expect, it } from 'vitest';
import {
  batchTicks,
  linearTicks,
  logDomain,
  logPosition,
  logTicks,
  movedApart,
  shortDuration,
} from './scales.js';

describe('a logarithmic axis', () => {
  it.each([
    [
      [8, 1200],
      [10, 20, 50, 100, 200, 500, 1000],
    ],
    [
      [8, 120_000],
      [10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000],
    ],
    [
      [1, 1e9],
      [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9],
    ],
    [
      [0.93, 1.4],
      [0.95, 1, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35],
    ],
  ] as const)('from %j has round numbers', (domain, ticks) => {
    expect(logTicks(domain, 10)).toEqual(ticks);
  });

  it('has no more ticks than there is room for, over any range', () => {
    for (const hi of [1.001, 1.5, 3, 40, 1e4, 1e12, 1e300]) {
      const ticks = logTicks([1, hi], 6);
      expect(ticks.length).toBeGreaterThan(0);
      expect(ticks.length).toBeLessThanOrEqual(7);
      for (const tick of ticks) expect(tick >= 1 && tick <= hi).toBe(true);
    }
  });

  it('contains all values, from tiny to huge', () => {
    for (const values of [[5], [1, 100], [5e-324, 1e308], [1e-9, 1e-9]]) {
      const [lo, hi] = logDomain(values);
      expect(lo).toBeLessThan(hi);
      for (const value of values) {
        expect(logPosition(value, [lo, hi])).toBeGreaterThanOrEqual(0);
        expect(logPosition(value, [lo, hi])).toBeLessThanOrEqual(1);
      }
    }
  });

  it('labels the measured batch sizes, or every second, third and so on if not all fit', () => {
    const sizes = Array.from({ length: 17 }, (_, i) => 2 ** i);
    expect(batchTicks(sizes, [1, 65_536], 2000)).toEqual(sizes);
    expect(batchTicks(sizes, [1, 65_536], 340)).toEqual([1, 8, 64, 512, 4096, 32_768]);
    expect(batchTicks([7, 8], [7, 8], 15)).toEqual([7]);
    expect(batchTicks([7], [6, 8], 300)).toEqual([7]);
  });
});

describe('a linear axis', () => {
  it('has multiples of a round number', () => {
    expect(linearTicks([0, 1], 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearTicks([0, 578], 6)).toEqual([0, 100, 200, 300, 400, 500]);
    expect(linearTicks([3, 3], 5)).toEqual([3]);
  });

  it('labels durations without trailing zeros', () => {
    expect([10_000, 2_500, 1e6, 40, 0.5, 300e9].map(shortDuration)).toEqual([
      ...['10 µs', '2.5 µs', '1 ms', '40 ns', '0.5 ns', '5 min 0 s'],
    ]);
  });
});

describe('labels', () => {
  it('are moved apart in order, and stay within bounds', () => {
    expect(movedApart([10, 50, 90], 15, [0, 100])).toEqual([10, 50, 90]);
    expect(movedApart([50, 40, 52], 15, [0, 100])).toEqual([55, 40, 70]);
    expect(movedApart([95, 98, 99], 15, [0, 100])).toEqual([70, 85, 100]);
  });
});
