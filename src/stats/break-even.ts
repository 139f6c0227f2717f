import { median } from 'simple-statistics';
import { type Interval, medianInterval } from './interval.js';

/** What a strategy costs before its first step and in each step, ns. */
export interface Costs {
  readonly allocateNs: number;
  /** Upload times; those of two strategies are paired by index. */
  readonly uploadsNs: readonly number[];
  /** Mean step time of each round; those of two strategies are paired by index. */
  readonly stepsNs: readonly number[];
}

/** The number of steps after which the savings per step have paid for a strategy's higher start cost. */
export interface BreakEven {
  readonly steps: number;
  /** At 95 %; `null` if there are too few uploads or rounds, or if there may be no saving. */
  readonly ci95: Interval | null;
}

/** Two intervals that each hold at this confidence hold together at 95 % (Bonferroni). */
const EACH = 0.975;

/**
 * The number of steps after which `other` has caught up with `baseline`: the extra start cost divided by the saving per step,
 * both as medians of paired differences. `undefined` if a step saves nothing. The interval divides the ends of the two intervals;
 * the allocation is timed only a few times, so it enters without an interval.
 */
export function breakEven(baseline: Costs, other: Costs): BreakEven | undefined {
  const saved = differences(baseline.stepsNs, other.stepsNs);
  const extra = differences(other.uploadsNs, baseline.uploadsNs).map(
    (ns) => ns + other.allocateNs - baseline.allocateNs,
  );
  const savedNs = median(saved);
  if (!(savedNs > 0) || extra.length === 0) return undefined;
  const steps = whole(median(extra) / savedNs);
  const [savedInterval, extraInterval] = [medianInterval(saved, EACH), medianInterval(extra, EACH)];
  if (savedInterval === null || extraInterval === null || savedInterval[0] <= 0) return { steps, ci95: null };
  const [lo, hi] = [extraInterval[0] / savedInterval[1], extraInterval[1] / savedInterval[0]];
  return { steps, ci95: [Math.min(steps, whole(lo)), Math.max(steps, whole(hi))] };
}

function differences(first: readonly number[], second: readonly number[]): number[] {
  return first.slice(0, second.length).map((value, i) => value - second[i]!);
}

function whole(steps: number): number {
  return Math.max(0, Math.ceil(steps));
}
