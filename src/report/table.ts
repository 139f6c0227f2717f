import pc from 'picocolors';
import type { Verdict } from '../words.js';
import { type Column, columnsOf } from './columns.js';
import { GAP, linesForTerminal, tableOf, WIDTH } from './layout.js';
import type { Named } from './named.js';
import { type Row, sectionsOf } from './sections.js';
import { linesOf } from './sentences.js';

/** Records for people at a terminal: one comparison table, and under it what it means. At most 100 columns. */
export function renderTable(records: readonly Named[], color: boolean): string {
  const paint = pc.createColors(color);
  const sections = sectionsOf(records);
  const columns = fitting(
    columnsOf(records),
    sections.flatMap(({ rows }) => rows),
  );
  const cellsOf = (row: Row) => {
    const colour = verdictColour(row.comparison?.verdict);
    return columns.map(({ cell, head }) => (head === 'against feed' ? colour(cell(row)) : cell(row)));
  };
  const blocks = sections.map(({ heading, rows }) => ({ heading, rows: rows.map(cellsOf) }));
  return `${tableOf(columns, blocks, color)}\n\n${linesForTerminal(linesOf(records), color)}`;

  function verdictColour(verdict: Verdict | undefined): (text: string) => string {
    if (verdict === 'faster') return paint.green;
    return verdict === 'slower' ? paint.red : paint.dim;
  }
}

/** All columns, less the most expendable ones until the widest row fits. */
function fitting(columns: Column[], rows: readonly Row[]): Column[] {
  const width = columns
    .map(({ head, cell }) => Math.max(head.length, ...rows.map((row) => cell(row).length)) + GAP)
    .reduce((sum, columnWidth) => sum + columnWidth, -GAP);
  const most = Math.max(...columns.map(({ expendable }) => expendable));
  if (width <= WIDTH || most === 0) return columns;
  return fitting(
    columns.filter(({ expendable }) => expendable < most),
    rows,
  );
}
