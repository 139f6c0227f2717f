import type { MeasuredResult } from '../../record/schema.js';
import { formatDuration, formatInteger } from '../../units.js';
import { CHARACTER, frame, LINE, type Scale, type Size } from './frame.js';
import { strategiesIn } from './look.js';
import type { Panel } from './panels.js';
import { label, type Markish, type PlotOptions, rect, text } from './plot.js';
import { logDomain, logPosition, shortDuration } from './scales.js';
import { endLabels, endOf, type Series, seriesMarks } from './series.js';

/** Changes of the faster strategy that are named in a chart; the words under it have all. */
const NAMED = 3;

/** The scale of step times that all panels have in common. */
export function stepScaleOf(panels: readonly Panel[]): Scale {
  const values = panels.flatMap(({ rows }) =>
    rows.flatMap(({ stepNs: { median, ci95 } }) => [median, ...(ci95 ?? [])]),
  );
  return {
    domain: logDomain(values.filter((ns) => ns > 0)),
    name: 'time of a step',
    format: shortDuration,
  };
}

/** The time of a step of every strategy over the rows of a mini-batch, with intervals, and where the faster strategy changes. */
export function sweepChart(panel: Panel, y: Scale, batches: readonly number[], size: Size): PlotOptions {
  const all = strategiesIn(panel.rows).map((strategy): Series => {
    const rows = panel.rows.filter((row) => row.strategy === strategy);
    return { strategy, points: rows.map(pointOf) };
  });
  const brackets = bracketsIn(panel);
  const named = brackets.slice(0, NAMED);
  const canvas = frame(y, batches, size, {
    above: named.length * LINE,
    labels: all.map(({ strategy }) => strategy),
  });
  return {
    ...canvas.options,
    marks: [
      rect(brackets, { x1: 'from', x2: 'to', fill: 'var(--ink)', fillOpacity: 0.08 }),
      ...canvas.grid,
      ...all.flatMap((series) => seriesMarks(series, { dense: panel.dense, intervals: 'bands' })),
      ...endLabels(all.map(endOf), canvas),
      ...named.map((bracket, i) => nameOf(bracket, named.length - i, canvas.inner.width, batches)),
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

/** Batch sizes between which the faster strategy changes, and the words for it. */
interface Bracket {
  readonly from: number;
  readonly to: number;
  readonly words: string;
}

export function bracketsIn({ findings, engine, work }: Panel): Bracket[] {
  return findings.crossovers
    .filter((crossover) => crossover.engine === engine && crossover.work === work)
    .flatMap(({ strategy, brackets }) =>
      brackets.map(({ from, to, faster }) => {
        const slower = faster === 'feed' ? strategy : 'feed';
        const between = `between ${formatInteger(from)} and ${formatInteger(to)} rows`;
        return { from, to, words: `${faster} overtakes ${slower} ${between}` };
      }),
    );
}

/** The words over a bracket, `line` lines above the chart and within its width. */
function nameOf(
  { from, to, words }: Bracket,
  line: number,
  width: number,
  batches: readonly number[],
): Markish {
  const middle = Math.sqrt(from * to);
  const place = logPosition(middle, [batches[0]!, batches.at(-1)!]) * width;
  const half = (words.length * CHARACTER) / 2;
  const shift = Math.max(half - place, 0) - Math.max(place + half - width, 0);
  return text([words], {
    ...{ x: [middle], frameAnchor: 'top', lineAnchor: 'bottom' },
    ...{ dx: Math.round(shift), dy: (1 - line) * LINE - 5, text: () => words, fill: 'var(--ink)' },
  });
}
