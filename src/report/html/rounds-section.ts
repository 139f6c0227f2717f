import { caseNameOf } from '../../record/row-name.js';
import type { MeasuredResult } from '../../record/schema.js';
import { halfWidthPercent } from '../../stats/ratio.js';
import { counted, formatDuration, formatInteger } from '../../units.js';
import { type Content, html } from './escape.js';
import { type ChartWidth, type Drawing, figuresOf } from './figure.js';
import type { Panel } from './panels.js';
import { MAX_POINTS, roundsChart } from './rounds-chart.js';
import { least, most } from './scales.js';
import { lead, section, titleIn } from './section.js';
import { type HtmlColumn, tableOf } from './table.js';

/** The most rows whose rounds are drawn; if there are more, the cases with the widest intervals are chosen. */
const MAX_ROWS = { usual: 48, dense: 24 } as const;

/** The rows that were measured together. */
interface Case {
  readonly panel: Panel;
  readonly rows: readonly MeasuredResult[];
}

/** The rounds of every case in sequence, and their distribution. */
export function roundsSection(panels: readonly Panel[]): Content {
  const all = panels.flatMap((panel) =>
    panel.batches.map((batch): Case => ({ panel, rows: panel.rows.filter((row) => row.batch === batch) })),
  );
  if (all.length === 0) return '';
  const shown = widest(all);
  const rows = shown.flatMap((one) => one.rows);
  const thinned = most(rows.map(({ samplesNs }) => samplesNs.length)) > MAX_POINTS;
  return section('rounds', 'How steady the measurement was', [
    lead(
      'Every round, from the first to the last, as its distance from the median of its strategy, with the distribution of the rounds to the right. Dots are rounds beyond the range of the chart.',
      shown.length < all.length
        ? `Of ${formatInteger(all.length)} cases, the ${shown.length} with the widest intervals are shown; the record has all of them.`
        : '',
      thinned
        ? `Where there are more than ${MAX_POINTS} rounds, the line goes through only the fastest and the slowest of each group of consecutive rounds.`
        : '',
    ),
    figuresOf(
      shown.map((one, i) => drawingOf(one, i, all.length === 1)),
      3,
    ),
    html`<div class="unseen">${tableOf('Rounds', COLUMNS, [{ rows }])}</div>\n`,
  ]);
}

function drawingOf({ panel, rows }: Case, index: number, alone: boolean): Drawing {
  const { batch, samplesNs } = rows[0]!;
  const name = [...(panel.title === '' ? [] : [panel.title]), `batch ${formatInteger(batch)}`];
  return {
    id: `rounds-${index + 1}`,
    heading: [...(alone ? [] : name), counted(samplesNs.length, 'round')].join(' · '),
    title: titleIn(panel, `Rounds at batch ${formatInteger(batch)}`),
    description: 'The figures are in the table below the charts.',
    plot: (room) => roundsChart(rows, ROOMS[room]),
  };
}

const ROOMS: Readonly<Record<ChartWidth, { readonly width: number; readonly lane: number }>> = {
  wide: { width: 940, lane: 130 },
  narrow: { width: 440, lane: 110 },
  small: { width: 300, lane: 84 },
};

/** The cases with the widest intervals, as many as there is room for and at least one, in their original order. */
function widest(cases: readonly Case[]): readonly Case[] {
  const width = ({ rows }: Case) => most(rows.map(({ stepNs }) => halfWidthPercent(stepNs.ci95)));
  const kept = new Set<Case>();
  let left: number = cases[0]!.panel.dense ? MAX_ROWS.dense : MAX_ROWS.usual;
  for (const one of cases.toSorted((a, b) => width(b) - width(a))) {
    left -= one.rows.length;
    if (left < 0 && kept.size > 0) break;
    kept.add(one);
  }
  return cases.filter((one) => kept.has(one));
}

const COLUMNS: readonly HtmlColumn<MeasuredResult>[] = [
  { head: 'row', align: 'left', cell: (row) => `${row.strategy}, ${caseNameOf(row)}` },
  { head: 'rounds', align: 'right', cell: ({ samplesNs }) => formatInteger(samplesNs.length) },
  { head: 'fastest', align: 'right', cell: ({ samplesNs }) => formatDuration(least(samplesNs)) },
  { head: 'median', align: 'right', cell: ({ stepNs }) => formatDuration(stepNs.median) },
  { head: 'slowest', align: 'right', cell: ({ samplesNs }) => formatDuration(most(samplesNs)) },
];
