import { median } from 'simple-statistics';
import { type Interval, medianInterval } from './interval.js';

/** What one strategy costs before its first step and in every step, ns. */
export interface Costs {
  readonly allocateNs: number;
  /** Uploads; those of two strategies are paired by index. */
  readonly uploadsNs: readonly number[];
  /** Mean step time of each round; those of two strategies are paired by index. */
  readonly stepsNs: readonly number[];
}

/** Steps after which the dearer start of a strategy is paid by what each step saves. */
export interface BreakEven {
  readonly steps: number;
  /** At 95 %; `null` where there are too few uploads or rounds for one. */
  readonly ci95: Interval | null;
}

/** Two intervals that hold at this confidence hold together at 95 % (Bonferroni). */
const EACH = 0.975;

/**
 * When `other` has caught up with `baseline`: the extra start over the saving of a step, both medians of paired differences.
 * `undefined` where a step saves nothing. The interval divides the ends of the two intervals; the allocation, which is timed
 * a few times only, enters as it is.
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
