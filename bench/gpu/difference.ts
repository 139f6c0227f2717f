import { median } from 'simple-statistics';
import { MIN_SAMPLES, medianInterval } from '../../src/stats/interval.js';

/** What a rate is called that would be that of a difference which is noise. */
export const NOT_MEASURABLE = 'not measurable';

/**
 * By how much the second is more than the first, round by round: the median. `undefined` where it is not clearly more: the 95 %
 * interval of the median reaches zero, or, of rounds too few for one, a round does.
 */
export function clearDifference(first: readonly number[], second: readonly number[]): number | undefined {
  const differences = second.map((value, round) => value - first[round]!);
  if (differences.length === 0) return undefined;
  const least =
    differences.length < MIN_SAMPLES ? Math.min(...differences) : medianInterval(differences)?.[0];
  return least !== undefined && least > 0 ? median(differences) : undefined;
}
