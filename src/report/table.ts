import { columnsOf } from './columns.js';
import { linesForTerminal, tableForTerminal } from './layout.js';
import type { Named } from './named.js';
import { sectionsOf } from './sections.js';
import { linesOf } from './sentences.js';

/** Records for people at a terminal: one comparison table, and under it what it means. At most 100 columns. */
export function renderTable(records: readonly Named[], color: boolean): string {
  const table = tableForTerminal(columnsOf(records), sectionsOf(records), color);
  return `${table}\n\n${linesForTerminal(linesOf(records), color)}`;
}
