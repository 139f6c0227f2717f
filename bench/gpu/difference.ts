import { median } from 'simple-statistics';
import { MIN_SAMPLES, medianInterval } from '../../src/stats/interval.js';

/** Shown instead of a rate whose underlying difference is noise. */
export const NOT_MEASURABLE = 'not measurable';

/**
 * The median over the rounds of how much the second exceeds the first. `undefined` if it is not clearly positive: the 95 %
 * interval of the median reaches zero or, with too few rounds for an interval, some round's difference does.
 */
export function clearDifference(first: readonly number[], second: readonly number[]): number | undefined {
  const differences = second.map((value, round) => value - first[round]!);
  if (differences.length === 0) return undefined;
  const least =
    differences.length < MIN_SAMPLES ? Math.min(...differences) : medianInterval(differences)?.[0];
  return least !== undefined && least > 0 ? median(differences) : undefined;
}
