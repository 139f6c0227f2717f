import type { Interval } from './interval.js';

/** How one sample is shifted against another. */
export interface Shift {
  /** Hodges–Lehmann: the median of all differences, second minus first. */
  readonly shift: number;
  /** Its 95 % interval; `null` with fewer than four samples a side. */
  readonly ci95: Interval | null;
  /** Two-sided p of the Mann–Whitney test: the probability of ranks at least this far apart if there is no difference. */
  readonly p: number;
}

/** Up to this many samples in total, the rank distribution is enumerated; above, it is taken as normal. */
const COUNTED = 100;
/** The fewest samples a side for a 95 % interval, which four against four have: 2 / C(8, 4) = 0.029. */
export const MIN_SAMPLES_A_SIDE = 4;

/**
 * Compares two independent samples with the Mann–Whitney rank test and the Hodges–Lehmann shift, whose interval inverts the test
 * (Hollander, Wolfe & Chicken, Nonparametric Statistical Methods, 3rd ed., §4.1–4.3). Up to 100 samples in total it is exact,
 * even with ties (the distribution is conditional on them); above, it is normal with corrections for ties and continuity. Samples
 * must be finite.
 */
export function twoSampleShift(first: readonly number[], second: readonly number[]): Shift {
  const pairs = first.length * second.length;
  const differenceAt =
    pairs <= MAX_DIFFERENCES ? sortedDifferences(first, second) : foundDifferences(first, second);
  const p = rankTest(first, second);
  const few = Math.min(first.length, second.length) < MIN_SAMPLES_A_SIDE;
  const k = few ? 0 : intervalRank(first.length, second.length);
  const ci95: Interval | null = k === 0 ? null : [differenceAt(k - 1), differenceAt(pairs - k)];
  const middle = Math.floor(pairs / 2);
  const shift =
    pairs % 2 === 1 ? differenceAt(middle) : (differenceAt(middle - 1) + differenceAt(middle)) / 2;
  return { shift, ci95, p };
}

/** The p of `twoSampleShift` for samples of these sizes of which one lies wholly above the other: the smallest that is possible. */
export function smallestP(first: number, second: number): number {
  let orders = 1;
  for (let i = 1; i <= first; i++) orders *= (second + i) / i;
  return Math.min(1, 2 / orders);
}

/** Up to this many differences are sorted; of more, only the needed ones are found, without computing all. */
const MAX_DIFFERENCES = 250_000;

/** Returns the difference, second minus first, at a place in ascending order of all pairs. */
type DifferenceAt = (place: number) => number;

function sortedDifferences(first: readonly number[], second: readonly number[]): DifferenceAt {
  const differences = Float64Array.from(second.flatMap((y) => first.map((x) => y - x))).sort();
  return (place) => differences[place]!;
}

/** Bisects the range of the differences until two neighbouring numbers are left; each count of those below takes m + n steps. */
function foundDifferences(first: readonly number[], second: readonly number[]): DifferenceAt {
  const [xs, ys] = [Float64Array.from(first).sort(), Float64Array.from(second).sort()];
  const [least, most] = [ys[0]! - xs.at(-1)!, ys.at(-1)! - xs[0]!];
  const atMost = (bound: number) => {
    let [count, j] = [0, 0];
    for (const x of xs) {
      while (j < ys.length && ys[j]! - x <= bound) j++;
      count += j;
    }
    return count;
  };
  return (place) => {
    let [lo, hi] = [least, most];
    for (;;) {
      const middle = lo + (hi - lo) / 2;
      if (middle <= lo || middle >= hi) return atMost(lo) > place ? lo : hi;
      if (atMost(middle) > place) hi = middle;
      else lo = middle;
    }
  };
}

/**
 * The largest k for which the k-th smallest and k-th largest difference give 95 % coverage: 2 · P(U < k) ≤ 5 %; 0 if there is
 * none.
 */
function intervalRank(m: number, n: number): number {
  if (m + n > COUNTED) {
    const spread = Math.sqrt((m * n * (m + n + 1)) / 12);
    return Math.max(0, Math.floor((m * n) / 2 - 1.959964 * spread));
  }
  // Without ties, twice the rank sum of the first sample is even, so U is counted in steps of two.
  const shares = untiedShares(m, n);
  const least = m * (m + 1);
  let k = 0;
  let below = 0;
  for (; least + 2 * k < shares.length; k++) {
    below += shares[least + 2 * k]!;
    if (2 * below > 0.05) break;
  }
  return k;
}

/** The two-sided p of the rank sum. */
function rankTest(first: readonly number[], second: readonly number[]): number {
  const [m, n] = [first.length, second.length];
  const all = [...first, ...second].sort((a, b) => a - b);
  const rank = new Map<number, number>();
  let ties = 0;
  for (let i = 0; i < all.length; ) {
    let end = i;
    while (end < all.length && all[end] === all[i]) end++;
    // Twice the mean of ranks i + 1 … end, which is an integer.
    rank.set(all[i]!, i + 1 + end);
    ties += (end - i) ** 3 - (end - i);
    i = end;
  }
  const sum = first.reduce((total, value) => total + rank.get(value)!, 0);
  if (m + n > COUNTED) {
    const N = m + n;
    const variance = ((m * n) / 12) * (N + 1 - ties / (N * (N - 1)));
    if (variance === 0) return 1;
    const distance = Math.abs(sum / 2 - (m * (N + 1)) / 2) - 0.5;
    return Math.min(1, 2 * upperTail(Math.max(0, distance) / Math.sqrt(variance)));
  }
  const ranks = all.map((value) => rank.get(value)!);
  const shares = ties === 0 ? untiedShares(m, n) : rankSumShares(ranks, m);
  let [below, above] = [0, 0];
  for (const [at, share] of shares.entries()) {
    if (at <= sum) below += share;
    if (at >= sum) above += share;
  }
  return Math.min(1, 2 * Math.min(below, above));
}

const untied = new Map<string, Float64Array>();

/** `rankSumShares` without ties depends only on the sample sizes, which many rows share, so it is cached. */
function untiedShares(m: number, n: number): Float64Array {
  const key = `${m} ${n}`;
  const known = untied.get(key);
  if (known !== undefined) return known;
  const shares = rankSumShares(
    Array.from({ length: m + n }, (_, i) => 2 * (i + 1)),
    m,
  );
  untied.set(key, shares);
  return shares;
}

/** For each possible sum of `choose` of the ranks (given as twice their value), the share of all choices that give it. */
function rankSumShares(ranks: readonly number[], choose: number): Float64Array {
  const most = ranks.reduce((sum, rank) => sum + rank, 0);
  const ways = Array.from({ length: choose + 1 }, () => new Float64Array(most + 1));
  ways[0]![0] = 1;
  let seen = 0;
  for (const rank of ranks) {
    seen++;
    for (let count = Math.min(choose, seen); count > 0; count--) {
      const [with_, without] = [ways[count]!, ways[count - 1]!];
      for (let sum = most; sum >= rank; sum--) with_[sum] = with_[sum]! + without[sum - rank]!;
    }
  }
  const total = ways[choose]!.reduce((sum, count) => sum + count, 0);
  return ways[choose]!.map((count) => count / total);
}

/** P(Z > z) of the standard normal distribution: Abramowitz & Stegun 26.2.17, absolute error under 7.5e-8. */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}

/** Holm's correction: adjusts each p for the number of tests. The results are in the order of the input. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[a]! - ps[b]!);
  const corrected = new Array<number>(ps.length);
  let least = 0;
  for (const [rank, index] of order.entries()) {
    least = Math.max(least, Math.min(1, ps[index]! * (ps.length - rank)));
    corrected[index] = least;
  }
  return corrected;
}
