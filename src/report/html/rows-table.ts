import { formatInteger } from '../../units.js';
import { columnsOf } from '../columns.js';
import type { Named } from '../named.js';
import { type Row, sectionsOf } from '../sections.js';
import { type Content, html, type Markup } from './escape.js';
import { strategyName } from './strategy-words.js';
import { type HtmlColumn, plain, tableOf } from './table.js';

/** The table that all formats have, with the verdicts and after how many steps a setup has paid for itself. */
export function rowsTable(records: readonly Named[]): Markup {
  const columns = columnsOf(records)
    .map(plain<Row>)
    .map(coloured);
  const at = columns.findIndex(({ head }) => head === 'against feed') + 1;
  const sections = sectionsOf(records);
  const rows = sections.flatMap((section) => section.rows);
  const added = ADDED.filter(({ cell }) => rows.some((row) => cell(row) !== ''));
  return tableOf('All rows', [...columns.slice(0, at), ...added, ...columns.slice(at)], sections);
}

function coloured(column: HtmlColumn<Row>): HtmlColumn<Row> {
  return column.head === 'strategy'
    ? { ...column, cell: ({ result }) => strategyName(result.strategy) }
    : column;
}

const ADDED: readonly HtmlColumn<Row>[] = [
  { head: 'verdict', align: 'left', cell: verdictOf },
  { head: 'pays off after', align: 'right', cell: paybackOf },
];

function verdictOf({ comparison }: Row): Content {
  if (comparison === undefined) return '';
  const { verdict } = comparison;
  return html`<span class="${verdict}">${verdict}</span>`;
}

function paybackOf({ comparison }: Row): string {
  const steps = comparison?.breakEvenSteps ?? null;
  return steps === null ? '' : `${formatInteger(steps)} step${steps === 1 ? '' : 's'}`;
}
