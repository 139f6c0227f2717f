import { describe, expect, it } from 'vitest';
import { predictionMargin, studentQuantile } from './prediction.js';

describe('studentQuantile', () => {
  it.each([
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [5, 2.571],
    [9, 2.262],
    [29, 2.045],
    [120, 1.98],
  ])('has the value of the tables for %i degrees of freedom, %d', (degrees, published) => {
    expect(Math.abs(studentQuantile(degrees) / published - 1)).toBeLessThan(0.0012);
  });
});

describe('predictionMargin', () => {
  it('is t · s · √(1 + 1/n), and nothing where all are alike', () => {
    // Of 1, 2, 3: s = 1, t = 4.303.
    expect(predictionMargin([1, 2, 3])).toBeCloseTo(4.3027 * Math.sqrt(4 / 3), 3);
    expect(predictionMargin([2, 2])).toBe(0);
  });
});
