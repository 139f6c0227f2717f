import { describe, expect, it } from 'vitest';
import { halfWidthPercent, pairedSpeedup, verdictOf } from './ratio.js';

describe('pairedSpeedup', () => {
  it("is the baseline time divided by the strategy's time", () => {
    const { speedup, ci95, verdict } = pairedSpeedup(Array(8).fill(300), Array(8).fill(200));
    expect(speedup).toBeCloseTo(1.5, 12);
    expect(ci95![0]).toBeCloseTo(1.5, 12);
    expect(ci95![1]).toBeCloseTo(1.5, 12);
    expect(verdict).toBe('faster');
  });

  it('cancels a drift that both share within a round', () => {
    const drift = [1, 3, 2, 5, 4, 1.5, 2.5, 8];
    const { speedup, ci95 } = pairedSpeedup(
      drift.map((d) => 300 * d),
      drift.map((d) => 200 * d),
    );
    expect(speedup).toBeCloseTo(1.5, 12);
    expect(ci95![1] - ci95![0]).toBeLessThan(1e-9);
  });

  it('is inconclusive and has no interval with fewer than 6 rounds', () => {
    expect(pairedSpeedup([3, 3, 3, 3, 3], [1, 1, 1, 1, 1])).toMatchObject({
      ci95: null,
      verdict: 'inconclusive',
    });
  });
});

describe('verdictOf', () => {
  it.each([
    [[1.051, 1.5], 'faster'],
    [[0.5, 0.951], 'slower'],
    [[0.953, 1.049], 'same'],
    [[0.94, 1.06], 'inconclusive'],
    [[1.049, 1.2], 'inconclusive'],
    [[0.8, 0.953], 'inconclusive'],
  ] as const)('calls %j %s', (ci95, verdict) => {
    expect(verdictOf(ci95)).toBe(verdict);
  });

  it('treats a speedup and its inverse alike', () => {
    expect(verdictOf([1 / 1.0499, 1.0499])).toBe('same');
    expect(verdictOf([1 / 1.1, 1 / 1.0501])).toBe('slower');
    expect(verdictOf([1.0501, 1.1])).toBe('faster');
  });
});

describe('halfWidthPercent', () => {
  it('is half the width of an interval of ratios on the scale of their logs', () => {
    expect(halfWidthPercent([1 / 1.02, 1.02])).toBeCloseTo(2, 12);
    expect(halfWidthPercent([3, 3 * 1.01 ** 2])).toBeCloseTo(1, 12);
    expect(halfWidthPercent([5, 5])).toBe(0);
  });

  it('is infinite without an interval', () => {
    expect(halfWidthPercent(null)).toBe(Number.POSITIVE_INFINITY);
  });
});
