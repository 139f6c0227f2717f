import type { CaseEnd } from '../measure/measurement.js';
import type { RunRecord } from './schema.js';

/** The cases of a record. An infinite half width means that there is no interval, and JSON cannot represent it. */
export function casesOf(ended: readonly CaseEnd[]): RunRecord['cases'] {
  return ended.map(({ halfWidthPercent, ...end }) => ({
    ...end,
    halfWidthPercent: Number.isFinite(halfWidthPercent) ? halfWidthPercent : null,
  }));
}
