import type { RunRecord } from '../record/schema.js';

/** The record itself. */
export function renderJson(record: RunRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}
