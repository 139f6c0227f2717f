import type { EngineName, StrategyName } from '../words.js';

/** One engine, batch size and work: the strategies in it are compared with each other. */
export interface CaseName {
  readonly engine: EngineName;
  readonly batch: number;
  readonly work: number;
}

/** What tells one row of a record from another: its case and its strategy. */
export interface RowName extends CaseName {
  readonly strategy: StrategyName;
}

/** A row's name: the same in every record, on every machine. */
export function nameOf({ engine, strategy, batch, work }: RowName): string {
  return `${engine} ${strategy} batch ${batch} work ${work}`;
}

/** The name of a row's case: rows of one case are compared with each other. */
export function caseNameOf({ engine, batch, work }: CaseName): string {
  return `${engine} batch ${batch} work ${work}`;
}
