import type { Comparison } from '../../record/schema.js';
import { axisName, type Scale } from './frame.js';
import { lookOf } from './look.js';
import type { Panel } from './panels.js';
import { axisX, dot, label, type Markish, type PlotOptions, rect, ruleX, ruleY, text } from './plot.js';
import { logTicks } from './scales.js';
import { ratioOf, SAME } from './speedup-chart.js';

/** The height of a comparison, px. */
const LANE = 52;
const MARGINS = { marginTop: 22, marginBottom: 46, marginLeft: 12, marginRight: 12 } as const;

/** A comparison in a line of its own. */
interface Lane {
  readonly comparison: Comparison;
  readonly name: string;
}

/** Speedups over `feed` where a panel has but one batch size: a line each, with its interval. */
export function forestChart(panels: readonly Panel[], x: Scale, { width }: { width: number }): PlotOptions {
  const lanes = panels.flatMap(({ title, comparisons }) =>
    comparisons.map((comparison): Lane => {
      const name = [comparison.strategy, ...(title === '' ? [] : [title])].join(' · ');
      return { comparison, name: label(name) };
    }),
  );
  return {
    ...{ width, height: LANE * lanes.length + MARGINS.marginTop + MARGINS.marginBottom, ...MARGINS },
    x: { type: 'log', domain: [...x.domain], label: null },
    y: { type: 'linear', domain: [lanes.length, 0], axis: null },
    marks: [
      rect([SAME], { x1: [SAME[0]], x2: [SAME[1]], fill: 'var(--ink)', fillOpacity: 0.08 }),
      ruleX([1], { stroke: 'var(--feed)', strokeWidth: 1.75 }),
      text([1], { x: [1], frameAnchor: 'top', dy: -11, text: () => 'feed', fill: 'var(--feed)' }),
      ...lanes.flatMap(laneMarks),
      axisX(logTicks(x.domain, width > 600 ? 9 : 5), {
        ...{ text: x.format, tickSize: 4, tickPadding: 5, fill: 'var(--muted)', stroke: 'var(--line)' },
      }),
      axisName(x.name, { frameAnchor: 'bottom', lineAnchor: 'bottom', dy: MARGINS.marginBottom - 2 }),
    ],
  };
}

function laneMarks({ comparison, name }: Lane, index: number): Markish[] {
  const { strategy, ci95, speedup, verdict } = comparison;
  const { colour, symbol } = lookOf(strategy);
  const words = `${ratioOf(comparison)} ${verdict}`;
  const [textY, y] = [index + 0.32, index + 0.74];
  const known = ci95 !== null && ci95[0] > 0 ? [ci95] : [];
  return [
    ruleY(index === 0 ? [] : [index], { stroke: 'var(--line)' }),
    ruleY(known, {
      ...{ y: () => y, x1: (ends) => ends[0], x2: (ends) => ends[1] },
      ...{ stroke: colour, strokeWidth: 5, strokeOpacity: 0.35 },
    }),
    dot([speedup], {
      ...{ x: [speedup], y: [y], symbol, r: 4.5, stroke: colour, strokeWidth: 1.5 },
      fill: verdict === 'inconclusive' ? 'var(--ground)' : colour,
      title: () => `${name}: ${words}`,
    }),
    text([name], { y: [textY], frameAnchor: 'left', textAnchor: 'start', text: () => name, fill: colour }),
    text([words], {
      y: [textY],
      frameAnchor: 'right',
      textAnchor: 'end',
      text: () => words,
      fill: 'var(--ink)',
    }),
  ];
}
