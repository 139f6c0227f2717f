import { describe, expect, it } from 'vitest';
import { pairedSpeedup, verdictOf, widthPercent } from './ratio.js';

describe('pairedSpeedup', () => {
  it('is the baseline over the strategy', () => {
    const { speedup, ci95, verdict } = pairedSpeedup(Array(8).fill(300), Array(8).fill(200));
    expect(speedup).toBeCloseTo(1.5, 12);
    expect(ci95![0]).toBeCloseTo(1.5, 12);
    expect(ci95![1]).toBeCloseTo(1.5, 12);
    expect(verdict).toBe('faster');
  });

  it('cancels a drift that a round has in common', () => {
    const drift = [1, 3, 2, 5, 4, 1.5, 2.5, 8];
    const { speedup, ci95 } = pairedSpeedup(
      drift.map((d) => 300 * d),
      drift.map((d) => 200 * d),
    );
    expect(speedup).toBeCloseTo(1.5, 12);
    expect(ci95![1] - ci95![0]).toBeLessThan(1e-9);
  });

  it('is inconclusive and has no interval under 6 rounds', () => {
    expect(pairedSpeedup([3, 3, 3, 3, 3], [1, 1, 1, 1, 1])).toMatchObject({
      ci95: null,
      verdict: 'inconclusive',
    });
  });
});

describe('verdictOf', () => {
  it.each([
    [[1.011, 1.5], 'faster'],
    [[0.5, 0.989], 'slower'],
    [[0.995, 1.005], 'same'],
    [[0.98, 1.02], 'inconclusive'],
    [[1.005, 1.2], 'inconclusive'],
    [[0.8, 0.995], 'inconclusive'],
  ] as const)('calls %j %s', (ci95, verdict) => {
    expect(verdictOf(ci95)).toBe(verdict);
  });

  it('treats a speedup and its inverse alike', () => {
    expect(verdictOf([1 / 1.0099, 1.0099])).toBe('same');
    expect(verdictOf([1 / 1.02, 1 / 1.0101])).toBe('slower');
    expect(verdictOf([1.0101, 1.02])).toBe('faster');
  });
});

it('measures the width of an interval in percent of its lower end', () => {
  expect(widthPercent([1.25, 1.3])).toBeCloseTo(4, 12);
});
