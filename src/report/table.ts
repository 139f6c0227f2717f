import Table from 'cli-table3';
import pc from 'picocolors';
import type { RunRecord } from '../record/schema.js';
import type { Verdict } from '../words.js';
import { BORDERLESS, GAP, trimLines } from './borderless.js';
import { type Column, columnsOf, type Row, rowsOf } from './columns.js';
import { linesOf } from './sentences.js';

/** The widest line of the report. */
const WIDTH = 100;
const LABEL_WIDTH = 9;

/** The record for people at a terminal: the comparison table, and under it what it means. At most 100 columns. */
export function renderTable(record: RunRecord, color: boolean): string {
  const paint = pc.createColors(color);
  const rows = rowsOf(record);
  const columns = fitting(columnsOf(record), rows);
  const table = new Table({
    chars: { ...BORDERLESS, mid: '─', 'mid-mid': '─'.repeat(GAP) },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    head: columns.map(({ head }) => paint.bold(head)),
    colAligns: columns.map(({ align }) => align),
  });
  for (const row of rows) {
    const colour = verdictColour(row.comparison?.verdict);
    table.push(columns.map(({ cell, head }) => (head === 'against feed' ? colour(cell(row)) : cell(row))));
  }
  return `${trimLines(table.toString())}\n\n${renderLines()}`;

  function renderLines(): string {
    const lines = new Table({
      chars: { ...BORDERLESS, mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
      style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
      colWidths: [LABEL_WIDTH, WIDTH - LABEL_WIDTH - GAP],
      wordWrap: true,
    });
    for (const { label, text } of linesOf(record)) {
      const warning = label === 'warning';
      lines.push([
        warning ? paint.yellow(label) : paint.dim(label),
        label === 'verdict' ? paint.bold(text) : text,
      ]);
    }
    return `${trimLines(lines.toString())}\n`;
  }

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
