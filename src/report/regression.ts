import type { Regression, RegressionRow, Source } from '../regress/schema.js';
import { jsonText } from '../text.js';
import { formatDuration, formatInteger, formatPercent, formatRatio, formatRatios } from '../units.js';
import { type CompareFormat, type Metric, REGRESSION_VERDICTS } from '../words.js';
import {
  type Column,
  type Line,
  left,
  linesForMarkdown,
  linesForTerminal,
  PLAIN,
  right,
  tableForMarkdown,
  tableForTerminal,
} from './layout.js';
import { notesOf, rowNameOf } from './rows-phrase.js';

/** Renders a comparison with a baseline as a table, as Markdown or as JSON. */
export function renderRegression(format: CompareFormat, regression: Regression, screen = PLAIN): string {
  const { rows } = regression;
  const [columns, lines] = [columnsOf(regression), linesOf(regression)];
  switch (format) {
    case 'table':
      return `${tableForTerminal(columns, [{ rows }], screen)}\n\n${linesForTerminal(lines, screen)}`;
    case 'markdown':
      return `${tableForMarkdown(columns, [{ rows }])}\n\n${linesForMarkdown(lines)}`;
    case 'json':
      return jsonText(regression);
  }
}

/** The columns of a comparison: engine and work only if the rows differ in them. */
function columnsOf({ rows, metric }: Regression): Column<RegressionRow>[] {
  const engines = new Set(rows.map(({ engine }) => engine));
  const works = new Set(rows.flatMap(({ work, baseWork }) => [work, baseWork ?? work]));
  return [
    ...(engines.size > 1 ? [left('engine', ({ engine }: RegressionRow) => engine)] : []),
    right('batch', ({ batch }) => formatInteger(batch)),
    ...(works.size > 1 ? [right('work', worksOf)] : []),
    left('strategy', ({ strategy }) => strategy),
    { ...right('base', ({ base }) => middleOf(base, metric)), expendable: 1 },
    right('head', ({ head }) => middleOf(head, metric)),
    right('change', ({ change }) => (change === undefined ? '–' : `${formatRatio(change)}×`)),
    right('95 %', ({ ci95 }) => (ci95 ? formatRatios(...ci95).join('–') : '–')),
    {
      ...right('p', ({ p }) => (p === undefined ? '–' : p < 0.001 ? '<0.001' : p.toFixed(3))),
      expendable: 2,
    },
    {
      ...left('verdict', ({ verdict }) => verdict),
      colour: ({ verdict }, paint) => {
        if (verdict === 'regressed' || verdict === 'missing') return paint.red;
        return verdict === 'improved' ? paint.green : (text) => text;
      },
    },
  ];
}

function worksOf({ work, baseWork }: RegressionRow): string {
  return (baseWork === undefined ? '' : `${formatInteger(baseWork)} → `) + formatInteger(work);
}

function middleOf(middle: number | undefined, metric: Metric): string {
  if (middle === undefined) return '–';
  return metric === 'step' ? formatDuration(middle) : `${formatRatio(middle)}×`;
}

/** The lines under the table: what was compared, the verdict, and notes on what would settle inconclusive rows. */
function linesOf(regression: Regression): Line[] {
  const { bases, heads, rows } = regression;
  const [was, is] = [devicesOf(bases), devicesOf(heads)];
  return [
    { label: 'base', text: sourcesOf(bases) },
    { label: 'head', text: sourcesOf(heads) },
    { label: 'device', text: was === is ? is : `${was} → ${is}` },
    { label: 'verdict', text: summaryOf(regression) },
    ...notesOf(rows, rowNameOf).map((text): Line => ({ label: 'note', text })),
    ...(regression.otherData ? [OTHER_DATA] : []),
  ];
}

/** The line that says that two sides measured different data. */
export const OTHER_DATA: Line = {
  label: 'warning',
  text: 'the epoch sums differ: the two sides measured data of the same shape but with different values',
};

function sourcesOf(sources: readonly Source[]): string {
  return sources
    .map(({ path, startedAt, commit, complete }) => {
      const known = [
        `${startedAt.slice(0, 16).replace('T', ' ')} UTC`,
        ...(commit === undefined ? [] : [`commit ${commit.slice(0, 8)}`]),
        ...(complete ? [] : ['interrupted: some rows may be missing']),
      ];
      return `${path} (${known.join(', ')})`;
    })
    .join('; ');
}

function devicesOf(sources: readonly Source[]): string {
  return [...new Set(sources.flatMap(({ devices }) => devices))].join('; ');
}

/** The outcome in one line: how many rows have each verdict. */
function summaryOf({ rows, metric, thresholdPercent }: Regression): string {
  const counts = REGRESSION_VERDICTS.map(
    (verdict) => [rows.filter((row) => row.verdict === verdict).length, verdict] as const,
  )
    .filter(([count]) => count > 0)
    .map(([count, verdict]) => `${count} ${verdict}`);
  const what = metric === 'step' ? 'step times' : 'speedups over feed';
  return `${counts.join(', ')}; ${what}, threshold ${formatPercent(thresholdPercent)}`;
}
