import type { PairsComparison, PairsRow } from '../regress/pairs-schema.js';
import type { Source } from '../regress/schema.js';
import { jsonText } from '../text.js';
import {
  counted,
  formatDuration,
  formatInteger,
  formatPercent,
  formatRatio,
  formatRatios,
} from '../units.js';
import { type CompareFormat, METRICS, REGRESSION_VERDICTS } from '../words.js';
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
import { OTHER_DATA } from './regression.js';
import { notesOf, rowNameOf } from './rows-phrase.js';

/** Renders the result of alternating two builds as a table, as Markdown or as JSON. */
export function renderPairs(format: CompareFormat, comparison: PairsComparison, screen = PLAIN): string {
  const [columns, lines] = [columnsOf(comparison), linesOf(comparison)];
  const { rows } = comparison;
  switch (format) {
    case 'table':
      return `${tableForTerminal(columns, [{ rows }], screen)}\n\n${linesForTerminal(lines, screen)}`;
    case 'markdown':
      return `${tableForMarkdown(columns, [{ rows }])}\n\n${linesForMarkdown(lines)}`;
    case 'json':
      return jsonText(comparison);
  }
}

function columnsOf({ rows }: PairsComparison): Column<PairsRow>[] {
  const engines = new Set(rows.map(({ engine }) => engine));
  const works = new Set(rows.map(({ work }) => work));
  return [
    left('metric', ({ metric }) => metric),
    ...(engines.size > 1 ? [left('engine', ({ engine }: PairsRow) => engine)] : []),
    right('batch', ({ batch }) => formatInteger(batch)),
    ...(works.size > 1 ? [right('work', ({ work }: PairsRow) => formatInteger(work))] : []),
    left('strategy', ({ strategy }) => strategy),
    { ...right('base', (row: PairsRow) => middleOf(row, 'base')), expendable: 1 },
    { ...right('head', (row: PairsRow) => middleOf(row, 'head')), expendable: 2 },
    right('change', ({ change }) => (change === undefined ? '–' : `${formatRatio(change)}×`)),
    right('95 %', ({ ci95 }) => (ci95 ? formatRatios(...ci95).join('–') : '–')),
    {
      ...left('verdict', ({ verdict }) => verdict),
      colour: ({ verdict }, paint) => {
        if (verdict === 'regressed' || verdict === 'missing') return paint.red;
        return verdict === 'improved' ? paint.green : (text) => text;
      },
    },
  ];
}

function middleOf(row: PairsRow, side: 'base' | 'head'): string {
  const middle = row[side];
  if (middle === undefined) return '–';
  return row.metric === 'step' ? formatDuration(middle) : `${formatRatio(middle)}×`;
}

function linesOf(comparison: PairsComparison): Line[] {
  const { base, head, rows, pairs, inTurns, lost, complete } = comparison;
  const [was, is] = [(base ?? head).devices.join('; '), head.devices.join('; ')];
  return [
    {
      label: 'base',
      text:
        base === undefined
          ? 'no pinbench in this folder: every row is new, and nothing was compared'
          : sourceText(base),
    },
    { label: 'head', text: sourceText(head) },
    { label: 'device', text: was === is ? is : `${was} → ${is}` },
    ...(base === undefined
      ? []
      : [
          {
            label: 'plan' as const,
            text: `${counted(pairs, 'pair')} of processes; ${inTurns ? 'the two take turns round by round' : 'the sides take turns going first'}`,
          },
        ]),
    ...noiseLines(comparison),
    { label: 'verdict', text: summaryOf(comparison) },
    ...notesOf(rows, (row) => `${row.metric} of ${rowNameOf(row)}`).map(
      (text): Line => ({ label: 'note', text }),
    ),
    ...(lost.length === 0
      ? []
      : [
          {
            label: 'warning' as const,
            text: lostPairs(lost),
          },
        ]),
    ...(comparison.otherData ? [OTHER_DATA] : []),
    ...(complete ? [] : [{ label: 'warning' as const, text: 'interrupted: only whole pairs are counted' }]),
  ];
}

/** How many pairs are not counted, and why. */
export function lostPairs(lost: readonly string[]): string {
  return `${counted(lost.length, 'pair')} ${lost.length === 1 ? 'is' : 'are'} not counted: ${[...new Set(lost)].join('; ')}`;
}

function sourceText({ path, commit }: Source): string {
  return commit === undefined ? path : `${path} (commit ${commit.slice(0, 8)})`;
}

/** How large a change must be to stand out from the noise of this machine, for each metric. */
function noiseLines({ rows }: PairsComparison): Line[] {
  return METRICS.flatMap((metric): Line[] => {
    const of = rows.filter((row) => row.metric === metric);
    const noises = of.flatMap(({ noisePercent }) => noisePercent ?? []);
    const smallest = of.flatMap(({ smallestPercent }) => smallestPercent ?? []);
    if (noises.length === 0) return [];
    const what = metric === 'step' ? 'step times' : 'speedups over feed';
    return [
      {
        label: 'noise',
        text: `${what} have intervals of up to ±${formatPercent(Math.max(...noises))}; a change of ${formatPercent(Math.max(...smallest))} would have been detected in every row`,
      },
    ];
  });
}

/** The outcome in one line: how many rows have each verdict. */
function summaryOf({ rows, thresholdPercent }: PairsComparison): string {
  const counts = REGRESSION_VERDICTS.map(
    (verdict) => [rows.filter((row) => row.verdict === verdict).length, verdict] as const,
  )
    .filter(([count]) => count > 0)
    .map(([count, verdict]) => `${count} ${verdict}`);
  return `${counts.join(', ')}; threshold ${formatPercent(thresholdPercent)}`;
}
