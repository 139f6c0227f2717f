import { markdownTable } from 'markdown-table';
import pc from 'picocolors';
import type { Regression, RegressionRow, Source } from '../regress/compare.js';
import { formatDuration, formatInteger, formatPercent, formatRatio, formatRatios } from '../units.js';
import type { CompareFormat, Metric, RegressionVerdict } from '../words.js';
import { type Heading, type Line, linesForMarkdown, linesForTerminal, tableOf } from './layout.js';

/** A comparison with a baseline, for people, for GitHub or for programs. */
export function renderRegression(format: CompareFormat, regression: Regression, color = false): string {
  if (format === 'json') return `${JSON.stringify(regression, null, 2)}\n`;
  return format === 'markdown' ? markdown(regression) : table(regression, color);
}

function table(regression: Regression, color: boolean): string {
  const paint = pc.createColors(color);
  const colours: Partial<Record<RegressionVerdict, (text: string) => string>> = {
    regressed: paint.red,
    missing: paint.red,
    improved: paint.green,
  };
  const columns = columnsOf(regression);
  const rows = regression.rows.map((row) =>
    columns.map(({ head, cell }) =>
      head === 'verdict' ? (colours[row.verdict]?.(cell(row)) ?? cell(row)) : cell(row),
    ),
  );
  return `${tableOf(columns, [{ rows }], color)}\n\n${linesForTerminal(linesOf(regression), color)}`;
}

function markdown(regression: Regression): string {
  const columns = columnsOf(regression);
  const rows = regression.rows.map((row) => columns.map(({ cell }) => cell(row)));
  const align = columns.map((column) => column.align);
  return `${markdownTable([columns.map(({ head }) => head), ...rows], { align })}\n\n${linesForMarkdown(linesOf(regression))}`;
}

interface Column extends Heading {
  readonly cell: (row: RegressionRow) => string;
}

/** The columns a comparison needs: engine, work and threshold only where they differ from row to row. */
function columnsOf({ rows, metric, thresholdPercent }: Regression): Column[] {
  const several = (value: (row: RegressionRow) => unknown) => new Set(rows.map(value)).size > 1;
  const column = (align: Heading['align'], head: string, cell: Column['cell']): Column => ({
    head,
    align,
    cell,
  });
  return [
    ...(several(({ engine }) => engine) ? [column('left', 'engine', ({ engine }) => engine)] : []),
    column('right', 'batch', ({ batch }) => formatInteger(batch)),
    ...(several(({ work }) => work) || rows.some(({ baseWork }) => baseWork !== undefined)
      ? [column('right', 'work', worksOf)]
      : []),
    column('left', 'strategy', ({ strategy }) => strategy),
    column('right', 'base', ({ base }) => middleOf(base, metric)),
    column('right', 'head', ({ head }) => middleOf(head, metric)),
    column('right', 'change', ({ change }) => (change === undefined ? '–' : `${formatRatio(change)}×`)),
    column('right', '95 %', ({ ci95 }) => (ci95 ? formatRatios(...ci95).join('–') : '–')),
    ...(thresholdPercent === 'auto'
      ? [
          column('right', 'threshold', (row) =>
            row.thresholdPercent === undefined ? '–' : formatPercent(row.thresholdPercent),
          ),
        ]
      : []),
    column('right', 'p', ({ p }) => (p === undefined ? '–' : p < 0.001 ? '<0.001' : p.toFixed(3))),
    column('left', 'verdict', ({ verdict }) => verdict),
  ];
}

function worksOf({ work, baseWork }: RegressionRow): string {
  return (baseWork === undefined ? '' : `${formatInteger(baseWork)} → `) + formatInteger(work);
}

function middleOf(middle: number | undefined, metric: Metric): string {
  if (middle === undefined) return '–';
  return metric === 'step' ? formatDuration(middle) : `${formatRatio(middle)}×`;
}

/** What is said under the table: what was compared, what came of it, and what would settle the rest. */
function linesOf(regression: Regression): Line[] {
  const { bases, heads, rows } = regression;
  const [was, is] = [devicesOf(bases), devicesOf(heads)];
  return [
    { label: 'base', text: sourcesOf(bases) },
    { label: 'head', text: sourcesOf(heads) },
    { label: 'device', text: was === is ? is : `${was} → ${is}` },
    { label: 'verdict', text: summaryOf(regression) },
    ...rows.flatMap((row): Line[] =>
      row.note === undefined ? [] : [{ label: 'note', text: `${rowName(row)}: ${row.verdict}: ${row.note}` }],
    ),
  ];
}

function rowName({ engine, strategy, batch, work }: RegressionRow): string {
  return `${engine} ${strategy}, batch ${formatInteger(batch)}, work ${formatInteger(work)}`;
}

function sourcesOf(sources: readonly Source[]): string {
  return sources
    .map(({ path, startedAt, commit }) => {
      const at = startedAt.slice(0, 16).replace('T', ' ');
      return `${path} (${at}${commit === undefined ? '' : `, commit ${commit.slice(0, 8)}`})`;
    })
    .join('; ');
}

function devicesOf(sources: readonly Source[]): string {
  return [...new Set(sources.flatMap(({ devices }) => devices))].join('; ');
}

const COUNTED: readonly RegressionVerdict[] = [
  'regressed',
  'improved',
  'same',
  'inconclusive',
  'missing',
  'new',
];

/** One plain sentence of what came of it. */
function summaryOf({ rows, metric, thresholdPercent }: Regression): string {
  const counts = COUNTED.map(
    (verdict) => [rows.filter((row) => row.verdict === verdict).length, verdict] as const,
  )
    .filter(([count]) => count > 0)
    .map(([count, verdict]) => `${count} ${verdict}`);
  const what = metric === 'step' ? 'step times' : 'speedups over feed';
  const threshold =
    thresholdPercent === 'auto' ? 'by the spread of the bases' : formatPercent(thresholdPercent);
  return `${counts.join(', ')}; ${what}, threshold ${threshold}`;
}
