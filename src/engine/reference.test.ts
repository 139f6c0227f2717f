import { describe, expect, it } from 'vitest';
import type { Dataset } from '../data/dataset.js';
import { gatherOrder, Orders, sliceOrder } from '../plan/order.js';
import { type PlanRequest, plansOf } from '../plan/plan.js';
import { settingsOf } from '../settings.js';
import { errorOf, expectedOf, Reference, sumOfSquares, sumOfSquaresBound } from './reference.js';

const U = 2 ** -24;

describe('sumOfSquaresBound', () => {
  it('is the certain bound n·u/(1 − n·u) for short sums, plus one rounding of the scalar', () => {
    for (const n of [1, 2, 6, 30]) expect(sumOfSquaresBound(n)).toBeCloseTo((n * U) / (1 - n * U) + U, 18);
  });

  it('grows like the square root for long sums, and stays useful where the certain bound is infinite', () => {
    expect(sumOfSquaresBound(1e6)).toBeLessThan(1e-3);
    expect(sumOfSquaresBound(4e6) / sumOfSquaresBound(1e6)).toBeCloseTo(2, 1);
    expect(sumOfSquaresBound(2 ** 28)).toBeLessThan(0.02);
  });

  it('holds for float32 sums added one by one and in pairs', () => {
    let seed = 1;
    const random = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      return seed / 2 ** 31;
    };
    for (const n of [1, 3, 10, 1000, 100_000]) {
      const values = Float32Array.from({ length: n }, random);
      const squares = values.map((value) => value * value);
      const exact = sumOfSquares(values, 'float32', 0, n);
      expect(Math.abs(oneByOne(squares) - exact) / exact).toBeLessThanOrEqual(sumOfSquaresBound(n));
      expect(Math.abs(inPairs(squares) - exact) / exact).toBeLessThanOrEqual(sumOfSquaresBound(n));
    }
  });
});

function oneByOne(values: Float32Array): number {
  return values.reduce((sum, value) => Math.fround(sum + value), 0);
}

function inPairs(values: Float32Array): number {
  if (values.length === 1) return values[0]!;
  const half = values.length >> 1;
  return Math.fround(inPairs(values.subarray(0, half)) + inPairs(values.subarray(half)));
}

describe('errorOf', () => {
  it('returns the relative error within the tolerance and null beyond it', () => {
    expect(errorOf(8555, 8555, 30)).toBe(0);
    expect(errorOf(8555.0005, 8555, 30)).toBeCloseTo(5.8e-8, 9);
    expect(errorOf(8556, 8555, 30)).toBeNull();
    expect(errorOf(Number.NaN, 8555, 30)).toBeNull();
  });

  it('accepts only NaN for NaN and only infinity for infinity', () => {
    expect(errorOf(Number.NaN, Number.NaN, 4)).toBe(0);
    expect(errorOf(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 4)).toBe(0);
    expect(errorOf(Number.POSITIVE_INFINITY, Number.NaN, 4)).toBeNull();
    expect(errorOf(Number.NaN, Number.POSITIVE_INFINITY, 4)).toBeNull();
    expect(errorOf(1e38, Number.POSITIVE_INFINITY, 4)).toBeNull();
    expect(errorOf(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 4)).toBeNull();
  });

  it('accepts infinity if and only if the exact sum exceeds float32', () => {
    expect(expectedOf(1e39, 4).value).toBe(Number.POSITIVE_INFINITY);
    expect(errorOf(Number.POSITIVE_INFINITY, 1e39, 4)).toBe(0);
    expect(errorOf(3e38, 1e39, 4)).toBeNull();
    expect(errorOf(Number.POSITIVE_INFINITY, 3e38, 4)).toBeNull();
    // Within one rounding of the largest float32, both infinity and a finite sum are right.
    const largest = 3.4028234663852886e38;
    expect(errorOf(Number.POSITIVE_INFINITY, largest, 4)).toBe(0);
    expect(errorOf(largest, largest * (1 + 1e-7), 4)).not.toBeNull();
  });

  it('accepts zero for squares that underflow', () => {
    expect(errorOf(0, 1e-46 * 4, 4)).not.toBeNull();
    expect(errorOf(0, 0, 4)).toBe(0);
    expect(errorOf(1e-30, 0, 4)).toBeNull();
  });
});

describe('Reference', () => {
  const REQUEST: PlanRequest = settingsOf({ batch: 2, remainder: 'keep' });
  /** 10 rows of 3 elements: 0, 1, 2 and so on. */
  const dataset: Dataset = {
    ...{ path: 'memory', format: 'npy', dtype: 'float32', rows: 10, cols: 3 },
    values: Float32Array.from({ length: 30 }, (_, i) => i),
  };
  const planOf = (request: Partial<PlanRequest>, of: Dataset = dataset) =>
    plansOf(of, { ...REQUEST, ...request }).plans[0]!;

  it('adds up to the sum of squares of the whole dataset for every batch size and sampling', () => {
    for (const batch of [1, 2, 3, 10]) {
      for (const sampling of ['slice', 'gather'] as const) {
        const plan = planOf({ batch: [batch], sampling });
        const reference = new Reference(dataset, plan);
        const { order } = new Orders(plan).stretch(0, plan.stepsPerEpoch);
        let [sum, elements] = [0, 0];
        for (let step = 0; step < plan.stepsPerEpoch; step++) {
          const found = reference.step(order, step);
          sum += found.sum;
          elements += found.elements;
        }
        expect([sum, elements]).toEqual([8555, 30]);
      }
    }
  });

  it('finds the rows of a step by its position in the order', () => {
    const squares = (row: number) => sumOfSquares(dataset.values, 'float32', row * 3, row * 3 + 3);
    const sliced = new Reference(dataset, planOf({ batch: [4] }));
    const batches = sliceOrder(Int32Array.of(2, 0, 2));
    expect(sliced.step(batches, 2)).toEqual({ sum: squares(8) + squares(9), elements: 6 });
    const gathered = new Reference(dataset, planOf({ batch: [3], sampling: 'gather' }));
    const rows = gatherOrder(Int32Array.of(7, 1, 5, 3), 3);
    const three = squares(7) + squares(1) + squares(5);
    expect(gathered.step(rows, 0)).toEqual({ sum: three, elements: 9 });
    expect(gathered.step(rows, 1)).toEqual({ sum: squares(3), elements: 3 });
  });

  it('judges a scalar as errorOf does, both before and after the sum is cached', () => {
    const edges = [8555, 0, 1e-45, 1.5e19, 1.9e19, Number.POSITIVE_INFINITY, Number.NaN];
    for (const edge of edges) {
      const values = Float32Array.from({ length: 30 }, (_, i) => (i === 17 ? edge : i / 8));
      const plan = planOf({ batch: [3] });
      const reference = new Reference({ ...dataset, values }, plan);
      const order = sliceOrder(Int32Array.of(0, 1, 2, 3));
      for (let step = 0; step < order.steps; step++) {
        const { sum, elements } = new Reference({ ...dataset, values }, plan).step(order, step);
        const bound = sumOfSquaresBound(elements);
        const scalars = [sum, sum * (1 + bound / 2), sum * (1 + 2 * bound), 0, Number.NaN];
        for (const scalar of [...scalars, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
          const expected = errorOf(scalar, sum, elements);
          expect(reference.errorOf(order, step, scalar), `${scalar} for ${sum}`).toBe(expected);
          expect(reference.errorOf(order, step, scalar), `${scalar} for ${sum}`).toBe(expected);
        }
      }
    }
  });

  it('applies the tolerance of its own length to a short mini-batch', () => {
    const rows = 4097;
    const values = new Float32Array(rows).fill(1.1);
    const long: Dataset = { ...dataset, rows, cols: 1, values };
    for (const sampling of ['slice', 'gather'] as const) {
      const plan = planOf({ batch: [4096], sampling }, long);
      const reference = new Reference(long, plan);
      const order =
        sampling === 'slice'
          ? sliceOrder(Int32Array.of(0, 1))
          : gatherOrder(
              Int32Array.from({ length: rows }, (_, i) => i),
              4096,
            );
      const { sum } = reference.step(order, 1);
      expect(reference.errorOf(order, 1, sum * (1 + 5e-6))).toBeNull();
      expect(reference.errorOf(order, 0, reference.step(order, 0).sum * (1 + 5e-6))).not.toBeNull();
    }
  });
});
