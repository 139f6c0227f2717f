import type { Comparison } from '../../record/schema.js';
import { SAME_WITHIN } from '../../stats/ratio.js';
import { formatInteger, formatRatios } from '../../units.js';
import { frame, type Scale, type Size } from './frame.js';
import { strategiesIn } from './look.js';
import type { Panel } from './panels.js';
import { label, type PlotOptions, rect, ruleY } from './plot.js';
import { logDomain } from './scales.js';
import { endLabels, endOf, type Series, seriesMarks } from './series.js';

/** Speedups between these count as the same. */
export const SAME = [1 / (1 + SAME_WITHIN), 1 + SAME_WITHIN] as const;

/** The scale of speedups that all panels share; it includes the speed of `feed`. */
export function speedupScaleOf(comparisons: readonly Comparison[]): Scale {
  const values = comparisons.flatMap(({ speedup, ci95 }) => [speedup, ...(ci95 ?? [])]);
  return {
    domain: logDomain([...SAME, ...values.filter((ratio) => ratio > 0)]),
    name: 'times the speed of feed',
    format: (ratio) => `${Number(ratio.toPrecision(4))}×`,
  };
}

/** The speedup of every other strategy over `feed` by batch size, with its intervals. */
export function speedupChart(panel: Panel, y: Scale, batches: readonly number[], size: Size): PlotOptions {
  const all = strategiesIn(panel.comparisons).map((strategy): Series => {
    const comparisons = panel.comparisons.filter((comparison) => comparison.strategy === strategy);
    return { strategy, points: comparisons.map(pointOf) };
  });
  const labels = ['feed', ...all.map(({ strategy }) => strategy)];
  const canvas = frame(y, batches, size, { above: 0, labels });
  const feed = { batch: batches.at(-1)!, value: 1, words: 'feed', colour: 'var(--feed)' };
  return {
    ...canvas.options,
    marks: [
      ...canvas.grid,
      rect([SAME], { y1: [SAME[0]], y2: [SAME[1]], fill: 'var(--ink)', fillOpacity: 0.08 }),
      ruleY([1], { stroke: 'var(--feed)', strokeWidth: 1.75 }),
      ...all.flatMap((series) => seriesMarks(series, { dense: panel.dense, intervals: 'bars' }, canvas)),
      ...endLabels([feed, ...all.map(endOf)], canvas),
      ...canvas.axes,
    ],
  };
}

function pointOf(comparison: Comparison): Series['points'][number] {
  const { strategy, batch, speedup, ci95, verdict } = comparison;
  return {
    ...{ batch, value: speedup, interval: ci95, hollow: verdict === 'inconclusive' },
    title: label(`${strategy}, batch ${formatInteger(batch)}: ${ratioOf(comparison)}, ${verdict}`),
  };
}

/** A speedup with its interval, as in the table. */
export function ratioOf({ speedup, ci95 }: Comparison): string {
  const [shown, lo, hi] = formatRatios(speedup, ...(ci95 ?? []));
  return ci95 === null ? `${shown}×` : `${shown}× (${lo}–${hi})`;
}
