import { basename } from 'node:path';
import type { RunRecord } from '../record/schema.js';

/** A record, and the name that tells it apart from the other records in the same report. */
export interface Named {
  readonly name: string;
  readonly record: RunRecord;
}

/** Names records after their files: without folder and extension if those names are unique, otherwise by their whole paths. */
export function named(records: readonly (readonly [path: string, record: RunRecord])[]): Named[] {
  const stems = records.map(([path]) => basename(path).replace(/\.(?:json|html?)$/i, ''));
  const apart = new Set(stems).size === stems.length;
  return records.map(([path, record], i) => ({ name: apart ? stems[i]! : path, record }));
}
