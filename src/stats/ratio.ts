import { median } from 'simple-statistics';
import type { Verdict } from '../words.js';
import { type Interval, medianInterval } from './interval.js';

/**
 * A speedup that differs from 1 by at most this share is called `same`. Processes that run the same code differ by about 2 % in
 * speedup on a shared machine: with 1 % here, identical strategies were called different in 38 % of runs, with 5 % in 0.9 %.
 */
export const SAME_WITHIN = 0.05;

/** How much faster one strategy is than its baseline. */
export interface Speedup {
  /** Baseline time over strategy time; above 1 is faster. */
  readonly speedup: number;
  /** Its 95 % interval; `null` with fewer than 6 rounds. */
  readonly ci95: Interval | null;
  readonly verdict: Verdict;
}

/**
 * The speedup of paired samples: the exponential of the median over rounds of the log ratio, so that drift common to a round
 * cancels. Both arrays hold the mean step times of the same rounds in the same order, at least one.
 */
export function pairedSpeedup(baselineNs: readonly number[], strategyNs: readonly number[]): Speedup {
  const logs = baselineNs.map((ns, round) => Math.log(ns / strategyNs[round]!));
  const interval = medianInterval(logs);
  const ci95: Interval | null = interval && [Math.exp(interval[0]), Math.exp(interval[1])];
  return { speedup: Math.exp(median(logs)), ci95, verdict: verdictOf(ci95) };
}

/**
 * The same over several processes; each contributes `roundsPerProcess` consecutive samples. A process counts as one sample, the
 * median log ratio of its rounds, since an interval over the rounds of one process does not contain what differs from process to
 * process. The interval is `null` with fewer than 6 processes.
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

/** Groups samples by the process that measured them. */
export function inProcesses(samples: readonly number[], roundsPerProcess: readonly number[]): number[][] {
  let to = 0;
  return roundsPerProcess.map((rounds) => {
    to += rounds;
    return samples.slice(to - rounds, to);
  });
}

/** `same` inside ±5 %, `faster` or `slower` outside it; otherwise, or without an interval, `inconclusive`. */
export function verdictOf(ci95: Interval | null): Verdict {
  if (ci95 === null) return 'inconclusive';
  const [lo, hi] = ci95;
  const [below, above] = [1 / (1 + SAME_WITHIN), 1 + SAME_WITHIN];
  if (lo > above) return 'faster';
  if (hi < below) return 'slower';
  return lo >= below && hi <= above ? 'same' : 'inconclusive';
}

/**
 * Half the width of an interval of times or ratios, on the scale of logs, in percent, which `--until` limits. Infinite without an
 * interval.
 */
export function halfWidthPercent(interval: Interval | null): number {
  if (interval === null) return Number.POSITIVE_INFINITY;
  const [lo, hi] = interval;
  return Math.expm1(Math.log(hi / lo) / 2) * 100;
}
