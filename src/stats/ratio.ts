import { median } from 'simple-statistics';
import type { Verdict } from '../words.js';
import { type Interval, medianInterval } from './interval.js';

/** Differences within this share of one are called `same`: 1 %. */
export const SAME_WITHIN = 0.01;

/** How much faster one strategy is than its baseline. */
export interface Speedup {
  /** Baseline time over strategy time: above one is faster. */
  readonly speedup: number;
  /** Its 95 % interval; `null` under 6 rounds. */
  readonly ci95: Interval | null;
  readonly verdict: Verdict;
}

/**
 * Speedup of paired samples: the exponential of the median log ratio of each round, so that drift common to a round
 * cancels. Both arrays hold the mean step time of the same rounds in the same order, at least one.
 */
export function pairedSpeedup(baselineNs: readonly number[], strategyNs: readonly number[]): Speedup {
  const logs = baselineNs.map((ns, round) => Math.log(ns / strategyNs[round]!));
  const interval = medianInterval(logs);
  const ci95: Interval | null = interval && [Math.exp(interval[0]), Math.exp(interval[1])];
  return { speedup: Math.exp(median(logs)), ci95, verdict: verdictOf(ci95) };
}

/** `same` inside ±1 %, `faster` or `slower` beyond it, else (or without an interval) `inconclusive`. */
export function verdictOf(ci95: Interval | null): Verdict {
  if (ci95 === null) return 'inconclusive';
  const [lo, hi] = ci95;
  const [below, above] = [1 / (1 + SAME_WITHIN), 1 + SAME_WITHIN];
  if (lo > above) return 'faster';
  if (hi < below) return 'slower';
  return lo >= below && hi <= above ? 'same' : 'inconclusive';
}

/** Width of an interval of a ratio, in percent of its lower end: what `--until` asks to be narrow. */
export function widthPercent([lo, hi]: Interval): number {
  return (hi / lo - 1) * 100;
}
