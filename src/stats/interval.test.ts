import { describe, expect, it } from 'vitest';
import { medianInterval } from './interval.js';

const ranks = (n: number) => medianInterval(Array.from({ length: n }, (_, i) => i + 1));

describe('medianInterval', () => {
  it('is null with fewer than 6 samples', () => {
    expect(ranks(0)).toBeNull();
    expect(ranks(5)).toBeNull();
  });

  // The ranks of the 95 % sign-test interval: Conover, Practical Nonparametric Statistics, 3rd ed., from the binomial table.
  it.each([
    [6, [1, 6]],
    [8, [1, 8]],
    [9, [2, 8]],
    [10, [2, 9]],
    [15, [4, 12]],
    [20, [6, 15]],
    [25, [8, 18]],
    [30, [10, 21]],
  ])('takes the ranks of the binomial table for %i samples', (n, expected) => {
    expect(ranks(n)).toEqual(expected);
  });

  it('covers at least 95 % by the exact binomial distribution, which one rank tighter would not', () => {
    for (const n of [6, 7, 13, 20, 64, 200]) {
      const [k] = ranks(n)!;
      expect(2 * binomialBelow(n, k)).toBeLessThanOrEqual(0.05);
      expect(2 * binomialBelow(n, k + 1)).toBeGreaterThan(0.05);
    }
  });

  it('does not underflow with thousands of samples', () => {
    const [lo, hi] = ranks(4000)!;
    // The normal approximation of the rank: n/2 − 1.96·√n/2.
    expect(lo).toBeGreaterThan(1936);
    expect(lo).toBeLessThan(1941);
    expect(hi).toBe(4001 - lo);
  });

  it('leaves the samples unchanged and does not depend on their order', () => {
    const samples = [5, 1, 4, 2, 3, 6, 9, 8, 7];
    expect(medianInterval(samples)).toEqual([2, 8]);
    expect(samples[0]).toBe(5);
  });
});

/** P(Binomial(n, ½) < k) by Pascal's triangle in BigInt: exact, and independent of the code under test. */
function binomialBelow(n: number, k: number): number {
  let row = [1n];
  for (let i = 0; i < n; i++) row = [1n, ...row.slice(1).map((value, j) => value + row[j]!), 1n];
  const below = row.slice(0, k).reduce((sum, value) => sum + value, 0n);
  return Number((below * 10n ** 15n) / 2n ** BigInt(n)) / 1e15;
}
