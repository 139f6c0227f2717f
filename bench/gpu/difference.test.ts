import { describe, expect, it } from 'vitest';
import { clearDifference } from './difference.js';

describe('the difference of two noisy times', () => {
  it('is the median over the rounds if it is clearly positive', () => {
    expect(clearDifference([5, 6, 7], [7, 9, 8])).toBe(2);
    const first = Array.from({ length: 15 }, (_, round) => 100 + round);
    // A single disturbed round does not hide the difference.
    const second = first.map((ns, round) => ns + (round === 3 ? -50 : 10));
    expect(clearDifference(first, second)).toBe(10);
  });

  it('is undefined if it is negative, zero or noise', () => {
    expect(clearDifference([5, 6], [5, 9])).toBeUndefined();
    expect(clearDifference([5, 6], [4, 9])).toBeUndefined();
    expect(clearDifference([], [])).toBeUndefined();
    const first = Array.from({ length: 15 }, () => 100);
    // Positive in nine rounds of fifteen, which happens easily by chance.
    const second = first.map((ns, round) => ns + (round < 9 ? 10 : -10));
    expect(clearDifference(first, second)).toBeUndefined();
  });
});
