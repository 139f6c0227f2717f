import { basename } from 'node:path';
import type { RunRecord } from '../record/schema.js';

/** A record, and the name that tells it from others rendered beside it. */
export interface Named {
  readonly name: string;
  readonly record: RunRecord;
}

/** Names records by their files: without folder and extension where that tells them apart, else by their paths. Names in a page are like those of files. */
export function named(records: readonly (readonly [path: string, record: RunRecord])[]): Named[] {
  const stems = records.map(([path]) => basename(path).replace(/\.(?:json|html?)$/i, ''));
  const apart = new Set(stems).size === stems.length;
  return records.map(([path, record], i) => ({ name: apart ? stems[i]! : path, record }));
}
