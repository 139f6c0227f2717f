import { comparableOptionsOf } from '../plan-options.js';
import type { RunRecord } from './schema.js';

/**
 * The values, by name, in which two records must agree to be comparable: the shape and type of the dataset, and every option
 * marked `comparable`.
 */
export function settingOf(record: RunRecord): Record<string, string> {
  return {
    ...shapeOf(record),
    ...Object.fromEntries(
      Object.entries(comparableOptionsOf(record.plan)).map(([field, value]) => [`plan ${field}`, value]),
    ),
  };
}

/** The shape and type of the dataset, by name. */
export function shapeOf({ dataset }: RunRecord): Record<string, string> {
  return {
    'dataset rows': String(dataset.rows),
    'dataset cols': String(dataset.cols),
    'dataset dtype': dataset.dtype,
  };
}
