import { describe, expect, it } from 'vitest';
import { studentQuantile } from './student.js';

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
