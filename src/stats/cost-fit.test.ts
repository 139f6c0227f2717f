import { describe, expect, it } from 'vitest';
import { fitCost, type Point } from './cost-fit.js';

/** Uniform numbers in [0, 1), reproducible everywhere (Numerical Recipes' ranqd1). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const SIZES = Array.from({ length: 17 }, (_, i) => 256 * 2 ** i);
const line = (fixedNs: number, bytesPerNs: number, noise: () => number = () => 1): Point[] =>
  SIZES.map((bytes) => ({ bytes, ns: (fixedNs + bytes / bytesPerNs) * noise() }));

describe('fitCost', () => {
  it('finds the exact fixed cost and bandwidth if there is no noise', () => {
    const fit = fitCost(line(5_000, 12))!;
    expect(fit.fixedNs!.value).toBeCloseTo(5_000, 2);
    expect(fit.bytesPerNs!.value).toBeCloseTo(12, 6);
    expect(fit.largestResidual).toBeCloseTo(1, 6);
    expect(fit.at(12_000)).toBeCloseTo(6_000, 2);
  });

  it('has intervals that cover both in 95 of 100 noisy sweeps', () => {
    const random = randomOf(7);
    const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    let [fixed, bandwidth] = [0, 0];
    const runs = 2000;
    for (let run = 0; run < runs; run++) {
      const fit = fitCost(line(5_000, 12, () => Math.exp(0.03 * gaussian())))!;
      if (fit.fixedNs!.ci95[0] <= 5_000 && 5_000 <= fit.fixedNs!.ci95[1]) fixed += 1;
      if (fit.bytesPerNs!.ci95[0] <= 12 && 12 <= fit.bytesPerNs!.ci95[1]) bandwidth += 1;
    }
    for (const covered of [fixed, bandwidth]) {
      expect(covered / runs).toBeGreaterThan(0.935);
      expect(covered / runs).toBeLessThan(0.965);
    }
  });

  it('reports no bandwidth if every step costs the same', () => {
    const random = randomOf(3);
    const fit = fitCost(SIZES.map((bytes) => ({ bytes, ns: 5_000 * (1 + 0.02 * (random() - 0.5)) })))!;
    expect(fit.fixedNs!.value).toBeCloseTo(5_000, -2);
    expect(fit.bytesPerNs).toBeUndefined();
  });

  it('reports no fixed cost if all the time is spent on bytes', () => {
    const random = randomOf(3);
    const fit = fitCost(SIZES.map((bytes) => ({ bytes, ns: (bytes / 12) * (1 + 0.02 * (random() - 0.5)) })))!;
    expect(fit.fixedNs).toBeUndefined();
    expect(fit.bytesPerNs!.value).toBeCloseTo(12, 0);
  });

  it('names the point that is farthest from the line', () => {
    const points = line(5_000, 12).map((point, i) => (i === 9 ? { ...point, ns: point.ns * 1.4 } : point));
    const fit = fitCost(points)!;
    expect(fit.farthest).toBe(points[9]);
    expect(fit.largestResidual).toBeGreaterThan(1.25);
  });

  it('needs five points of at least two sizes', () => {
    expect(fitCost(line(5_000, 12).slice(0, 4))).toBeUndefined();
    expect(fitCost(Array.from({ length: 6 }, () => ({ bytes: 8, ns: 5 })))).toBeUndefined();
  });
});
