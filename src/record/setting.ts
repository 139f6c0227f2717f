import type { RunRecord } from './schema.js';

/** What must be alike in two records for their times to be compared, by name; epochs, rounds and seed may differ. */
export function settingOf({ dataset, plan }: RunRecord): Record<string, string> {
  return {
    'dataset rows': String(dataset.rows),
    'dataset cols': String(dataset.cols),
    'dataset dtype': dataset.dtype,
    'plan sampling': plan.sampling,
    'plan shuffle': plan.shuffle,
    'plan fetch': plan.fetch,
    'plan remainder': plan.remainder,
    'plan dtype': plan.dtype,
    'plan readback': plan.readback ?? 'mapped',
  };
}
