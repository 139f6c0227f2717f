import { expect, it } from 'vitest';
import { outlierIndexes } from './outliers.js';

it('finds samples far from the median on both sides', () => {
  expect(outlierIndexes([10, 11, 9, 10.5, 40, 9.5, 10.2, 1])).toEqual([4, 7]);
});

it('finds none if the spread is even, if all are equal, or if there are no samples', () => {
  expect(outlierIndexes([10, 11, 12, 13, 14, 15])).toEqual([]);
  expect(outlierIndexes([3, 3, 3, 3])).toEqual([]);
  expect(outlierIndexes([])).toEqual([]);
});
