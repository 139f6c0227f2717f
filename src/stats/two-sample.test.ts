import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { holm, twoSampleShift } from './two-sample.js';

/**
 * Made with scipy 1.x: mannwhitneyu, exact up to 40 samples and asymptotic for 120. The last case, which has ties, was made by
 * enumerating all choices.
 */
const SCIPY = JSON.parse(readFileSync(new URL('./testing/scipy.json', import.meta.url), 'utf8')) as readonly {
  readonly x: number[];
  readonly y: number[];
  readonly p: number;
}[];

describe('twoSampleShift', () => {
  it.each(SCIPY)('has scipy’s p, case %#', ({ x, y, p }) => {
    expect(twoSampleShift(x, y).p).toBeCloseTo(p, x.length > 50 ? 5 : 12);
  });

  it('has the interval and shift of the published example (Hollander & Wolfe, table 4.1: tritiated water)', () => {
    const atTerm = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    const earlier = [1.15, 0.88, 0.9, 0.74, 1.21];
    // R: wilcox.test(atTerm, earlier, conf.int = TRUE): p = 0.2544, estimate 0.305, interval −0.15 to 0.76.
    const { shift, ci95, p } = twoSampleShift(earlier, atTerm);
    expect(p).toBeCloseTo(0.2544, 4);
    expect(shift).toBeCloseTo(0.305, 3);
    expect(ci95![0]).toBeCloseTo(-0.15, 2);
    expect(ci95![1]).toBeCloseTo(0.76, 2);
  });

  it('has no interval with fewer than four samples a side, and the whole range with four', () => {
    expect(twoSampleShift([1, 2, 3], [4, 5, 6]).ci95).toBeNull();
    const many = Array.from({ length: 40 }, (_, i) => i);
    expect(twoSampleShift(many, [90, 91, 92]).ci95).toBeNull();
    expect(twoSampleShift([1, 2, 3, 4], [5, 6, 7, 8]).ci95).toEqual([1, 7]);
  });

  it('finds no difference between a sample and itself', () => {
    const { shift, p } = twoSampleShift([3, 1, 2, 2, 5], [3, 1, 2, 2, 5]);
    expect([shift, p]).toEqual([0, 1]);
    expect(twoSampleShift([2, 2, 2, 2], [2, 2, 2, 2])).toEqual({ shift: 0, ci95: [0, 0], p: 1 });
  });
});

describe('twoSampleShift of many samples', () => {
  /** Reproducible noise. */
  const noise = (count: number, seed: number) => {
    let state = seed;
    return Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    });
  };

  it('has the shift and interval of all differences without computing all of them', () => {
    const [first, second] = [noise(900, 1), noise(700, 2).map((value) => value + 0.1)];
    const all = Float64Array.from(second.flatMap((y) => first.map((x) => y - x))).sort();
    const middle = all.length / 2;
    const { shift, ci95 } = twoSampleShift(first, second);
    expect(shift).toBeCloseTo((all[middle - 1]! + all[middle]!) / 2, 12);
    const at = (bound: number) => all.findIndex((value) => value >= bound - 1e-12);
    expect(at(ci95![0]) + at(ci95![1])).toBeCloseTo(all.length, -3);
    expect(ci95![0]).toBeLessThan(shift);
    expect(ci95![1]).toBeGreaterThan(shift);
  });

  it('takes seconds for twenty thousand rounds a side', () => {
    const startedMs = performance.now();
    expect(twoSampleShift(noise(20_000, 3), noise(20_000, 4)).shift).toBeCloseTo(0, 1);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});

describe('holm', () => {
  it('corrects in order of size and never lowers a p below a smaller one (Holm, 1979)', () => {
    const corrected = holm([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(6)));
    expect(corrected).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});
