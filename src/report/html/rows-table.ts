import { counted } from '../../units.js';
import { columnsOf } from '../columns.js';
import type { Named } from '../named.js';
import { type Row, sectionsOf } from '../sections.js';
import type { Markup } from './escape.js';
import { type HtmlColumn, tableOf } from './table.js';

/** The table of the other formats, with two more columns: the verdict, and after how many steps the setup pays for itself. */
export function rowsTable(records: readonly Named[]): Markup {
  const sections = sectionsOf(records);
  const rows = sections.flatMap((section) => section.rows);
  const columns = columnsOf(records).map(coloured);
  const added = ADDED.filter(({ cell }) => rows.some((row) => cell(row) !== ''));
  const at = columns.findIndex(({ head }) => head === 'against feed') + 1;
  return tableOf('All rows', [...columns.slice(0, at), ...added, ...columns.slice(at)], sections);
}

function coloured({ head, align, cell }: HtmlColumn<Row>): HtmlColumn<Row> {
  return { head, align, cell, ...(head === 'strategy' && { kind: ({ result }: Row) => result.strategy }) };
}

const ADDED: readonly HtmlColumn<Row>[] = [
  {
    head: 'verdict',
    align: 'left',
    cell: ({ comparison }) => comparison?.verdict ?? '',
    kind: ({ comparison }) => comparison?.verdict ?? '',
  },
  { head: 'pays off after', align: 'right', cell: paybackOf },
];

function paybackOf({ comparison }: Row): string {
  const steps = comparison?.breakEvenSteps ?? null;
  return steps === null ? '' : counted(steps, 'step');
}
