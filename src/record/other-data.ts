import type { RunRecord } from './schema.js';
import { shapeOf } from './setting.js';

/** Relative difference within which the sums of two epochs agree, whatever the order of addition. */
const SAME_SUM = 1e-5;

/**
 * Whether the datasets of the records differ in shape or type, or the epoch sums show that they have different values. Unknown sums, and
 * sums of gathered rows, are ignored.
 */
export function haveOtherData(records: readonly RunRecord[]): boolean {
  const shapes = new Set(records.map((record) => JSON.stringify(shapeOf(record))));
  if (shapes.size > 1) return true;
  const sums = records.flatMap(({ plan, results }) =>
    plan.sampling === 'gather'
      ? []
      : results.flatMap((result) =>
          result.status === 'measured' && typeof result.epochSum === 'number'
            ? [{ key: `${result.batch} ${result.work}`, sum: result.epochSum }]
            : [],
        ),
  );
  const firsts = new Map(sums.toReversed().map(({ key, sum }) => [key, sum]));
  return sums.some(({ key, sum }) => {
    const first = firsts.get(key)!;
    return Math.abs(sum - first) > SAME_SUM * Math.max(Math.abs(sum), Math.abs(first));
  });
}
