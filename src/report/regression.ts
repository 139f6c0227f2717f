import Table from 'cli-table3';
import { markdownTable } from 'markdown-table';
import pc from 'picocolors';
import type { Regression, RegressionRow } from '../regress/compare.js';
import { formatDuration, formatInteger, formatRatio, formatRatios } from '../units.js';
import type { CompareFormat, Metric } from '../words.js';
import { BORDERLESS, GAP, trimLines } from './borderless.js';

/** A comparison with a baseline, for people, for GitHub or for programs. */
export function renderRegression(format: CompareFormat, regression: Regression, color = false): string {
  if (format === 'json') return `${JSON.stringify(regression, null, 2)}\n`;
  return format === 'markdown' ? markdown(regression) : table(regression, color);
}

const HEAD = ['engine', 'strategy', 'batch', 'work', 'base', 'head', 'change', '95 %', 'p', 'verdict'];

function table(regression: Regression, color: boolean): string {
  const paint = pc.createColors(color);
  const colour = { regressed: paint.red, improved: paint.green, missing: paint.red } as Record<
    string,
    (text: string) => string
  >;
  const lines = new Table({
    chars: { ...BORDERLESS, mid: '─', 'mid-mid': '─'.repeat(GAP) },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    head: HEAD.map((head) => paint.bold(head)),
    colAligns: HEAD.map((_, i) => (i < 2 || i === HEAD.length - 1 ? 'left' : 'right')),
  });
  for (const row of regression.rows) {
    const cells = cellsOf(row, regression.metric);
    const verdict = cells.pop()!;
    lines.push([...cells, (colour[row.verdict] ?? ((text: string) => text))(verdict)]);
  }
  return `${trimLines(lines.toString())}\n\n${summaryOf(regression)}\n${notesOf(regression)
    .map((note) => `${note}\n`)
    .join('')}`;
}

function markdown(regression: Regression): string {
  const rows = regression.rows.map((row) => cellsOf(row, regression.metric));
  const notes = notesOf(regression).map((note) => `- ${note}`);
  return `${[markdownTable([HEAD, ...rows]), `**${summaryOf(regression)}**`, notes.join('\n')].filter(Boolean).join('\n\n')}\n`;
}

function cellsOf(row: RegressionRow, metric: Metric): string[] {
  const value = (middle: number | undefined) => {
    if (middle === undefined) return '–';
    return metric === 'step' ? formatDuration(middle) : `${formatRatio(middle)}×`;
  };
  const interval = row.ci95 ? formatRatios(...row.ci95).join('–') : '–';
  return [
    row.engine,
    row.strategy,
    formatInteger(row.batch),
    (row.baseWork === undefined ? '' : `${formatInteger(row.baseWork)} → `) + formatInteger(row.work),
    value(row.base),
    value(row.head),
    row.change === undefined ? '–' : `${formatRatio(row.change)}×`,
    interval,
    row.p === undefined ? '–' : row.p < 0.001 ? '<0.001' : row.p.toFixed(3),
    row.verdict,
  ];
}

/** One plain sentence of what came of it. */
export function summaryOf({ rows, metric, thresholdPercent }: Regression): string {
  const counts = ['regressed', 'improved', 'same', 'inconclusive', 'missing', 'new']
    .map((verdict) => [rows.filter((row) => row.verdict === verdict).length, verdict] as const)
    .filter(([count]) => count > 0)
    .map(([count, verdict]) => `${count} ${verdict}`);
  return `${counts.join(', ')}; ${metric === 'step' ? 'step times' : 'speedups over feed'}, threshold ${thresholdPercent === 'auto' ? 'by the spread of the bases' : `${thresholdPercent} %`}`;
}

function notesOf({ rows }: Regression): string[] {
  return rows.flatMap(({ engine, strategy, batch, work, verdict, note }) =>
    note === undefined ? [] : [`${engine} ${strategy}, batch ${batch}, work ${work}: ${verdict}: ${note}`],
  );
}
