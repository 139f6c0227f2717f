import { describe, expect, it } from 'vitest';
import { signedRankShift } from './signed-rank.js';

describe('signedRankShift', () => {
  it('is the median of the means of all pairs of differences', () => {
    expect(signedRankShift([1, 2, 9]).shift).toBe(3.5);
    expect(signedRankShift([1, 2]).shift).toBe(1.5);
    expect(signedRankShift([7]).shift).toBe(7);
  });

  // The usual tables of the signed-rank test (Hollander, Wolfe & Chicken, table A.4): the lower critical values of the rank sum
  // at 2.5 % are 0 for 6 pairs, 2 for 7, 3 for 8, 8 for 10, 25 for 15, 52 for 20.
  it.each([
    [6, 0],
    [7, 2],
    [8, 3],
    [10, 8],
    [15, 25],
    [20, 52],
  ])('has the interval of the tables for %i pairs', (n, critical) => {
    const differences = Array.from({ length: n }, (_, i) => 2 ** i);
    const means = differences
      .flatMap((a, i) => differences.slice(i).map((b) => (a + b) / 2))
      .sort((a, b) => a - b);
    expect(signedRankShift(differences).ci95).toEqual([means[critical], means[means.length - 1 - critical]]);
  });

  it('has no interval with fewer than six pairs', () => {
    expect(signedRankShift([1, 2, 3, 4, 5]).ci95).toBeNull();
  });

  it('covers the shift of symmetric differences in 95 of 100 samples', () => {
    let state = 5;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state + 0.5) / 2 ** 32;
    };
    const gaussian = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    let covered = 0;
    const runs = 3000;
    for (let run = 0; run < runs; run++) {
      const [lo, hi] = signedRankShift(Array.from({ length: 20 }, () => 0.1 + gaussian())).ci95!;
      if (lo <= 0.1 && 0.1 <= hi) covered += 1;
    }
    expect(covered / runs).toBeGreaterThan(0.94);
    expect(covered / runs).toBeLessThan(0.965);
  });

  it('is exact for hundreds of pairs too', () => {
    const differences = Array.from({ length: 300 }, (_, i) => Math.sin(i * 7.3) / 100 + 0.02);
    const { shift, ci95 } = signedRankShift(differences);
    expect(shift).toBeCloseTo(0.02, 3);
    expect(ci95![0]).toBeLessThan(shift);
    expect(ci95![1] - ci95![0]).toBeLessThan(0.003);
  });
});
