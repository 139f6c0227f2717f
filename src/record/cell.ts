import type { Result } from './schema.js';

/** What tells one row of a record from another. */
export type Cell = Pick<Result, 'engine' | 'strategy' | 'batch' | 'work'>;

/** A row's name: the same in every record, on every machine. */
export function nameOf({ engine, strategy, batch, work }: Cell): string {
  return `${engine} ${strategy} batch ${batch} work ${work}`;
}
