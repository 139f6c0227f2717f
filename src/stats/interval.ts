/** The ends of an interval, the lower one first. */
export type Interval = readonly [lo: number, hi: number];

/** The fewest samples that give a 95 % interval of the median: 2 · 0.5⁶ = 0.031. */
export const MIN_SAMPLES = 6;

/**
 * The exact distribution-free confidence interval of the median: the k-th smallest and the k-th largest sample, with the largest
 * k for which 2 · P(Binomial(n, ½) < k) ≤ 1 − confidence. It inverts the sign test (David & Nagaraja, Order Statistics, 3rd ed.,
 * §7.1), makes no assumption about the shape of the noise and draws no random numbers. `null` if there are too few samples for
 * any k (fewer than 6 at 95 %).
 */
export function medianInterval(samples: readonly number[], confidence = 0.95): Interval | null {
  const sorted = Float64Array.from(samples).sort();
  const n = sorted.length;
  // The binomial tail is summed from logarithms, since 2⁻ⁿ itself underflows at n = 1,075.
  let logTerm = -n * Math.LN2;
  let tail = Math.exp(logTerm);
  let k = 0;
  while (2 * tail <= 1 - confidence && 2 * (k + 1) <= n) {
    k += 1;
    logTerm += Math.log((n - k + 1) / k);
    tail += Math.exp(logTerm);
  }
  return k === 0 ? null : [sorted[k - 1]!, sorted[n - k]!];
}
