import { nameOf } from '../record/row-name.js';
import type { MeasuredResult, RunRecord } from '../record/schema.js';
import type { EngineName, StrategyName } from '../words.js';

/** The rows of one strategy over the batch sizes of a work, ascending. */
export interface Sweep {
  readonly engine: EngineName;
  readonly work: number;
  readonly strategy: StrategyName;
  readonly rows: readonly MeasuredResult[];
}

/** The measured rows of a record, grouped by engine, work and strategy. */
export function sweepsOf({ results }: RunRecord): Sweep[] {
  const sweeps = new Map<string, Sweep & { rows: MeasuredResult[] }>();
  for (const result of results) {
    if (result.status === 'skipped') continue;
    const { engine, work, strategy } = result;
    const key = `${engine} ${work} ${strategy}`;
    const sweep = sweeps.get(key) ?? { engine, work, strategy, rows: [] };
    sweep.rows.push(result);
    sweeps.set(key, sweep);
  }
  for (const { rows } of sweeps.values()) rows.sort((a, b) => a.batch - b.batch);
  return [...sweeps.values()];
}

/** The measured rows of a record by name. */
export function rowsByName({ results }: RunRecord): Map<string, MeasuredResult> {
  return new Map(
    results.flatMap((result): [string, MeasuredResult][] =>
      result.status === 'measured' ? [[nameOf(result), result]] : [],
    ),
  );
}

/** Size of a whole mini-batch in bytes, whether or not the strategy copies it. */
export function batchBytesOf({ dataset: { bytes, rows } }: RunRecord, batch: number): number {
  return (bytes / rows) * batch;
}
