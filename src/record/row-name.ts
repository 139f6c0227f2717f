import type { CaseName } from '../measure/measurement.js';
import type { StrategyName } from '../words.js';

export type { CaseName } from '../measure/measurement.js';

/** The fields that identify a row within a record: its case and its strategy. */
export interface RowName extends CaseName {
  readonly strategy: StrategyName;
}

/** A row's name, which is the same in every record and on every machine. */
export function nameOf({ engine, strategy, batch, work }: RowName): string {
  return `${engine} ${strategy} batch ${batch} work ${work}`;
}

/** The name of a row's case. Rows of one case are compared with each other. */
export function caseNameOf({ engine, batch, work }: CaseName): string {
  return `${engine} batch ${batch} work ${work}`;
}
