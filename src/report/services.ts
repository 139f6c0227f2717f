import { PinbenchError } from '../errors.js';
import type { MeasuredResult } from '../record/schema.js';
import type { Named } from './named.js';

/**
 * The measured rows of a record, at least one: services with a history have no notion of skipped rows and accept an empty file as
 * valid.
 */
export function measuredIn({ name, record }: Named): MeasuredResult[] {
  return notEmpty(
    name,
    'measured row',
    record.results.filter((result) => result.status === 'measured'),
  );
}

/** Returns the list; throws an error of code `data` if it is empty. `what` names its items. */
export function notEmpty<T>(name: string, what: string, list: T[]): T[] {
  if (list.length > 0) return list;
  throw new PinbenchError('data', {
    subject: name,
    observed: `no ${what}: nothing to export`,
  });
}

/** A figure rounded to six significant digits, since services show every digit they are given. */
export function sixDigits(value: number): number {
  return Number(value.toPrecision(6));
}
