import type { MeasuredResult, RunRecord } from '../record/schema.js';

/** The rows of a record that were measured: services that keep a history know no other. */
export function measuredIn({ results }: RunRecord): MeasuredResult[] {
  return results.filter((result): result is MeasuredResult => result.status === 'measured');
}

/** What a row is called by services that keep a history: the same in every run, on every machine. */
export function nameOf({
  engine,
  strategy,
  batch,
  work,
}: Pick<MeasuredResult, 'engine' | 'strategy' | 'batch' | 'work'>): string {
  return `${engine} ${strategy} batch ${batch} work ${work}`;
}
