import { comparableOptionsOf } from '../plan-options.js';
import type { RunRecord } from './schema.js';

/** What must be alike in two records for their times to be compared, by name. The table of options says which of them count. */
export function settingOf({ dataset, plan }: RunRecord): Record<string, string> {
  return {
    'dataset rows': String(dataset.rows),
    'dataset cols': String(dataset.cols),
    'dataset dtype': dataset.dtype,
    ...Object.fromEntries(
      Object.entries(comparableOptionsOf(plan)).map(([field, value]) => [`plan ${field}`, value]),
    ),
  };
}
