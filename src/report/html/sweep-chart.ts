import type { MeasuredResult } from '../../record/schema.js';
import { formatDuration, formatInteger } from '../../units.js';
import type { StrategyName } from '../../words.js';
import { CHARACTER, type Frame, frame, HALO, LINE, type Scale, type Size } from './frame.js';
import { lookOf, strategiesIn } from './look.js';
import { batchesOf, type Panel } from './panels.js';
import { label, type Markish, type PlotOptions, rect, ruleY, text } from './plot.js';
import { type Domain, logDomain, logPosition, shortDuration } from './scales.js';
import { endLabels, endOf, type Series, seriesMarks } from './series.js';

/** The most changes of the faster strategy that a chart names; the caption names the others. */
export const MAX_NAMED = 3;

/** The scale of step times that all panels share. */
function stepScaleOf(panels: readonly Panel[]): Scale {
  const values = panels.flatMap(({ rows }) =>
    rows.flatMap(({ stepNs: { median, ci95 } }) => [median, ...(ci95 ?? [])]),
  );
  return {
    domain: logDomain(values.filter((ns) => ns > 0)),
    name: 'step time',
    format: shortDuration,
  };
}

/** The axes that several charts share, so that they can be compared. */
export interface Axes {
  readonly y: Scale;
  /** Ascending. */
  readonly batches: readonly number[];
  /** Lines of text above each chart. */
  readonly lines: number;
}

/** The shared axes of some panels, each with several batch sizes. */
export function axesOf(panels: readonly Panel[]): Axes {
  const lines = Math.max(...panels.map((panel) => bracketsIn(panel).length));
  return { y: stepScaleOf(panels), batches: batchesOf(panels), lines: Math.min(MAX_NAMED, lines) };
}

/** The step time of every strategy by batch size, with intervals, and where the faster strategy changes. */
export function sweepChart(panel: Panel, { y, batches, lines }: Axes, size: Size): PlotOptions {
  const all = strategiesIn(panel.rows).map((strategy): Series => {
    const rows = panel.rows.filter((row) => row.strategy === strategy);
    return { strategy, points: rows.map(pointOf) };
  });
  const brackets = bracketsIn(panel);
  const named = brackets.slice(0, MAX_NAMED);
  const canvas = frame(y, batches, size, {
    above: lines * LINE + (lines > 0 ? 4 : 0),
    labels: all.map(({ strategy }) => strategy),
  });
  // Several shaded ranges would cover each other.
  const shaded = brackets.length === 1 ? brackets : [];
  return {
    ...canvas.options,
    marks: [
      rect(shaded, { x1: 'from', x2: 'to', fill: 'var(--ink)', fillOpacity: 0.08 }),
      ...canvas.grid,
      ...all.flatMap((series) => seriesMarks(series, { dense: panel.dense, intervals: 'bands' }, canvas)),
      ...endLabels(all.map(endOf), canvas),
      ...named.flatMap((bracket, i) => nameOf(bracket, named.length - 1 - i, canvas, batches)),
      ...canvas.axes,
    ],
  };
}

function pointOf({ strategy, batch, stepNs: { median, ci95 } }: MeasuredResult): Series['points'][number] {
  const interval = ci95 === null ? '' : ` (${ci95.map(formatDuration).join(' to ')})`;
  return {
    ...{ batch, value: median, interval: ci95 },
    title: label(`${strategy}, batch ${formatInteger(batch)}: ${formatDuration(median)}${interval}`),
  };
}

/** Batch sizes between which the faster strategy changes, and the texts that say so. */
interface Bracket {
  readonly from: number;
  readonly to: number;
  readonly faster: StrategyName;
  readonly words: string;
  readonly inShort: string;
  readonly sizes: string;
}

export function bracketsIn({ findings, engine, work }: Panel): Bracket[] {
  return findings.crossovers
    .filter((crossover) => crossover.engine === engine && crossover.work === work)
    .flatMap(({ strategy, brackets }) =>
      brackets.map(({ from, to, faster }) => {
        const slower = faster === 'feed' ? strategy : 'feed';
        const [lo, hi] = [formatInteger(from), formatInteger(to)];
        return {
          ...{ from, to, faster, inShort: `${faster} overtakes ${slower}` },
          sizes: `${lo}–${hi}`,
          words: `${faster} overtakes ${slower} between batch ${lo} and ${hi}`,
        };
      }),
    );
}

/** A bar that spans a bracket, `line` lines above the chart, with its text beside it, kept within the chart. */
function nameOf(
  { from, to, faster, inShort, sizes }: Bracket,
  line: number,
  { valueAbove, inner }: Frame,
  batches: readonly number[],
): Markish[] {
  const { colour } = lookOf(faster);
  const y = [valueAbove(9 + line * LINE)];
  const ends: Domain = [batches[0]!, batches.at(-1)!];
  const [left, right] = [logPosition(from, ends) * inner.width, (1 - logPosition(to, ends)) * inner.width];
  const room = Math.max(left, right) / CHARACTER - 1;
  const short = sizes.length + inShort.length + 2 <= room ? `${inShort}, ${sizes}` : inShort;
  const missing = CHARACTER * Math.max(0, short.length - room);
  const beside =
    right >= left
      ? { x: [to], textAnchor: 'start' as const, dx: 7 - missing }
      : { x: [from], textAnchor: 'end' as const, dx: missing - 7 };
  return [
    ruleY([from], { y, x1: [from], x2: [to], stroke: colour, strokeWidth: 4 }),
    text([short], { ...beside, y, text: () => short, fill: 'var(--ink)', ...HALO }),
  ];
}
