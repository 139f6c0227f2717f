import type { Comparison } from '../../record/schema.js';
import { shortened } from '../fold.js';
import { axisName, CHARACTER, HALO, type Scale } from './frame.js';
import { lookOf } from './look.js';
import type { Panel } from './panels.js';
import { axisX, dot, label, type Markish, type PlotOptions, rect, ruleX, ruleY, text } from './plot.js';
import { logTicks } from './scales.js';
import { ratioOf, SAME } from './speedup-chart.js';

/** Height of a comparison in px, with its text beside its interval or, in a narrow chart, above it. */
const LANE = { beside: 36, over: 52 } as const;
/** A chart at least this wide, in px, has room for text at its sides. */
const WIDE = 600;

/** The most characters of a name that fit. */
const MAX_NAMED = 30;

/** A comparison on its own line. */
interface Lane {
  readonly comparison: Comparison;
  readonly name: string;
}

/** Speedups over `feed` of panels with a single batch size: one line each, with its interval. */
export function forestChart(panels: readonly Panel[], x: Scale, { width }: { width: number }): PlotOptions {
  const lanes = panels.flatMap(({ title, comparisons }) =>
    comparisons.map((comparison): Lane => {
      const name = [comparison.strategy, ...(title === '' ? [] : [title])].join(' · ');
      return { comparison, name: shortened(label(name), MAX_NAMED) };
    }),
  );
  const beside = width >= WIDE;
  const lane = beside ? LANE.beside : LANE.over;
  const room = (words: (one: Lane) => string) =>
    beside ? 16 + CHARACTER * Math.max(...lanes.map((one) => words(one).length)) : 12;
  const margins = { marginTop: 22, marginBottom: 46, marginLeft: room(nameOf), marginRight: room(wordsOf) };
  return {
    ...{ width, height: lane * lanes.length + margins.marginTop + margins.marginBottom, ...margins },
    x: { type: 'log', domain: [...x.domain], label: null },
    y: { type: 'linear', domain: [lanes.length, 0], axis: null },
    marks: [
      rect([SAME], { x1: [SAME[0]], x2: [SAME[1]], fill: 'var(--ink)', fillOpacity: 0.08 }),
      ruleX([1], { stroke: 'var(--feed)', strokeWidth: 1.75 }),
      text([1], { x: [1], frameAnchor: 'top', dy: -11, text: () => 'feed', fill: 'var(--feed)' }),
      ...lanes.flatMap((one, i) => [
        ...intervalMarks(one, i + (beside ? 0.5 : 0.74)),
        ...wordMarks(one, i, beside),
      ]),
      axisX(logTicks(x.domain, beside ? 8 : 5), {
        ...{ text: x.format, tickSize: 4, tickPadding: 5, fill: 'var(--muted)', stroke: 'var(--line)' },
      }),
      axisName(x.name, { frameAnchor: 'bottom', lineAnchor: 'bottom', dy: margins.marginBottom - 2 }),
    ],
  };
}

function nameOf({ name }: Lane): string {
  return name;
}

function wordsOf({ comparison }: Lane): string {
  return `${ratioOf(comparison)} ${comparison.verdict}`;
}

function intervalMarks(lane: Lane, y: number): Markish[] {
  const { strategy, ci95, speedup, verdict } = lane.comparison;
  const { colour, symbol } = lookOf(strategy);
  const known = ci95 !== null && ci95[0] > 0 ? [ci95] : [];
  return [
    ruleY(known, {
      ...{ y: () => y, x1: (ends) => ends[0], x2: (ends) => ends[1] },
      ...{ stroke: colour, strokeWidth: 5, strokeOpacity: 0.35 },
    }),
    dot([speedup], {
      ...{ x: [speedup], y: [y], symbol, r: 4.5, stroke: colour, strokeWidth: 1.5 },
      fill: verdict === 'inconclusive' ? 'var(--ground)' : colour,
      title: () => `${nameOf(lane)}: ${wordsOf(lane)}`,
    }),
  ];
}

/** The name and the figures of a comparison, at the sides of its interval or above it. */
function wordMarks(lane: Lane, index: number, beside: boolean): Markish[] {
  const y = [index + (beside ? 0.5 : 0.32)];
  const apart = beside ? 12 : 0;
  const toThe = (side: 'left' | 'right') => ({
    ...{ y, frameAnchor: side, dx: side === 'left' ? -apart : apart },
    textAnchor: (side === 'left') === beside ? ('end' as const) : ('start' as const),
  });
  const { colour } = lookOf(lane.comparison.strategy);
  return [
    ruleY(index === 0 || beside ? [] : [index], { stroke: 'var(--line)' }),
    text([lane], { ...toThe('left'), text: nameOf, fill: colour, ...HALO }),
    text([lane], { ...toThe('right'), text: wordsOf, fill: 'var(--ink)', ...HALO }),
  ];
}
