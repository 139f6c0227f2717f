import type { Interval } from './interval.js';

/** The location of the differences of pairs. */
export interface PairedShift {
  /** Hodges–Lehmann: the median of the means of all pairs of differences, each difference paired with itself too. */
  readonly shift: number;
  /** Its 95 % interval; `null` with fewer than six pairs. */
  readonly ci95: Interval | null;
}

/**
 * The shift of paired differences, at least one, with the interval that inverts Wilcoxon's signed-rank test (Hollander, Wolfe &
 * Chicken, Nonparametric Statistical Methods, 3rd ed., §3.1–3.3). The distribution of the rank sum is enumerated, so it is exact
 * for any number of pairs whose differences are symmetric about the shift and have no ties.
 */
export function signedRankShift(differences: readonly number[]): PairedShift {
  const means = walshMeans(differences);
  const middle = means.length >> 1;
  const shift = means.length % 2 === 1 ? means[middle]! : (means[middle - 1]! + means[middle]!) / 2;
  const beyond = ranksBeyond(differences.length);
  return { shift, ci95: beyond === undefined ? null : [means[beyond]!, means[means.length - 1 - beyond]!] };
}

/** The means of all pairs of differences, each difference paired with itself too, in ascending order. */
function walshMeans(differences: readonly number[]): Float64Array {
  const n = differences.length;
  const means = new Float64Array((n * (n + 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) means[at++] = (differences[i]! + differences[j]!) / 2;
  return means.sort();
}

/** The largest rank sum within the lower 2.5 % of the distribution; `undefined` if there is none. */
function ranksBeyond(n: number): number | undefined {
  const shares = rankSumShares(n);
  let [beyond, below]: [number | undefined, number] = [undefined, 0];
  for (const [sum, share] of shares.entries()) {
    below += share;
    if (below > 0.025) break;
    beyond = sum;
  }
  return beyond;
}

/** For each possible sum of the ranks 1 … n with a positive sign, the share of all sign choices that give it. */
function rankSumShares(n: number): Float64Array {
  const most = (n * (n + 1)) / 2;
  const shares = new Float64Array(most + 1);
  shares[0] = 1;
  for (let rank = 1; rank <= n; rank++) {
    for (let sum = most; sum >= 0; sum--)
      shares[sum] = (shares[sum]! + (sum >= rank ? shares[sum - rank]! : 0)) / 2;
  }
  return shares;
}
