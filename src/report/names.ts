import { PinbenchError } from '../errors.js';
import type { MeasuredResult, Result } from '../record/schema.js';
import { formatInteger } from '../units.js';
import type { Named } from './named.js';

/** The rows of a record that were measured: services that keep a history know no other, and take an empty file for a good one. */
export function measuredIn({ name, record }: Named): MeasuredResult[] {
  return notEmpty(
    name,
    'row was measured',
    record.results.filter((result) => result.status === 'measured'),
  );
}

/** The same list, or an error of code `data` that says what is not in the record. */
export function notEmpty<T>(name: string, what: string, list: T[]): T[] {
  if (list.length > 0) return list;
  throw new PinbenchError('data', {
    subject: name,
    observed: `no ${what} in it: there is nothing to export`,
  });
}

type Cell = Pick<Result, 'engine' | 'strategy' | 'batch' | 'work'>;

/** What a row is called by services that keep a history: the same in every run, on every machine. */
export function nameOf({ engine, strategy, batch, work }: Cell): string {
  return `${engine} ${strategy} batch ${batch} work ${work}`;
}

/** What a row is called in a sentence. */
export function sentenceNameOf({ engine, strategy, batch, work }: Cell): string {
  return `${engine} ${strategy}, batch ${formatInteger(batch)}, work ${formatInteger(work)}`;
}

/** A figure for a service that shows all digits it is given. */
export function sixDigits(value: number): number {
  return Number(value.toPrecision(6));
}
