import { basename, extname } from 'node:path';
import type { RunRecord } from '../record/schema.js';

/** A record, and the name that tells it from others rendered beside it. */
export interface Named {
  readonly name: string;
  readonly record: RunRecord;
}

/** Names records by their files: without folder and extension where that tells them apart, else by their paths. */
export function named(records: readonly (readonly [path: string, record: RunRecord])[]): Named[] {
  const stems = records.map(([path]) => basename(path, extname(path)));
  const apart = new Set(stems).size === stems.length;
  return records.map(([path, record], i) => ({ name: apart ? stems[i]! : path, record }));
}
