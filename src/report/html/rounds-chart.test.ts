import { describe, expect, it } from 'vitest';
import type { MeasuredResult } from '../../record/schema.js';
import { MAX_POINTS, roundsOf, thinned } from './rounds-chart.js';
import { gpuRecord } from './testing/records.js';

const rounds = (count: number) =>
  roundsOf(gpuRecord({ rounds: count, batches: [8] }).results[0] as MeasuredResult);

describe('rounds', () => {
  it.each([201, 399, 1000, 25_000])('are thinned from %i to the outermost ones, in order', (count) => {
    const all = rounds(count);
    const some = thinned(all);
    expect(some.length).toBeGreaterThan(MAX_POINTS / 2);
    expect(some.length).toBeLessThanOrEqual(MAX_POINTS);
    expect(some).toEqual(all.filter((round) => some.includes(round)));
    const farthest = (list: readonly { away: number }[]) =>
      Math.max(...list.map(({ away }) => Math.abs(away)));
    expect(farthest(some)).toBe(farthest(all));
  });

  it('are all drawn if they are few enough', () => {
    const all = rounds(MAX_POINTS);
    expect(thinned(all)).toEqual(all);
  });
});
