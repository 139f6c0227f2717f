import { PinbenchError } from '../errors.js';
import type { MeasuredResult } from '../record/schema.js';
import type { Named } from './named.js';

/** The rows of a record that were measured: services that keep a history know no other, and take an empty file for a good one. */
export function measuredIn({ name, record }: Named): MeasuredResult[] {
  return notEmpty(
    name,
    'measured row',
    record.results.filter((result) => result.status === 'measured'),
  );
}

/** The same list, or an error of code `data` that says what is not in the record. */
export function notEmpty<T>(name: string, what: string, list: T[]): T[] {
  if (list.length > 0) return list;
  throw new PinbenchError('data', {
    subject: name,
    observed: `no ${what}: nothing to export`,
  });
}

/** A figure for a service that shows all digits it is given. */
export function sixDigits(value: number): number {
  return Number(value.toPrecision(6));
}
