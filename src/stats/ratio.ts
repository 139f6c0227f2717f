import { median } from 'simple-statistics';
import type { Verdict } from '../words.js';
import { type Interval, medianInterval } from './interval.js';

/**
 * Differences within this share of one are called `same`. Processes that run the same code differ by about 2 % in speedup on a
 * shared machine: with 1 % here, identical strategies were called different in 38 % of runs, with 5 % in 0.9 %.
 */
export const SAME_WITHIN = 0.05;

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

/**
 * The same over several processes, `roundsPerProcess` of the samples from each, one after the other. A process is one sample, the
 * median log ratio of its rounds: what differs from process to process is in no interval over the rounds of one. `null` under 6.
 */
export function processesSpeedup(
  baselineNs: readonly number[],
  strategyNs: readonly number[],
  roundsPerProcess: readonly number[],
): Speedup {
  const logs = baselineNs.map((ns, round) => Math.log(ns / strategyNs[round]!));
  const levels = inProcesses(logs, roundsPerProcess).map((of) => median(of));
  const interval = medianInterval(levels);
  const ci95: Interval | null = interval && [Math.exp(interval[0]), Math.exp(interval[1])];
  return { speedup: Math.exp(median(levels)), ci95, verdict: verdictOf(ci95) };
}

/** Samples by the processes that left them. */
export function inProcesses(samples: readonly number[], roundsPerProcess: readonly number[]): number[][] {
  let to = 0;
  return roundsPerProcess.map((rounds) => {
    to += rounds;
    return samples.slice(to - rounds, to);
  });
}

/** `same` inside ±5 %, `faster` or `slower` beyond it, else (or without an interval) `inconclusive`. */
export function verdictOf(ci95: Interval | null): Verdict {
  if (ci95 === null) return 'inconclusive';
  const [lo, hi] = ci95;
  const [below, above] = [1 / (1 + SAME_WITHIN), 1 + SAME_WITHIN];
  if (lo > above) return 'faster';
  if (hi < below) return 'slower';
  return lo >= below && hi <= above ? 'same' : 'inconclusive';
}

/** Half the width of an interval of times or ratios, on the scale of logs, in percent: what `--until` bounds. Infinite without one. */
export function halfWidthPercent(interval: Interval | null): number {
  if (interval === null) return Number.POSITIVE_INFINITY;
  const [lo, hi] = interval;
  return Math.expm1(Math.log(hi / lo) / 2) * 100;
}
