import type { Named } from './named.js';

/** The record itself; of several an array. */
export function renderJson(records: readonly Named[]): string {
  const plain = records.map(({ record }) => record);
  return `${JSON.stringify(plain.length === 1 ? plain[0] : plain, null, 2)}\n`;
}
