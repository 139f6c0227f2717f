import type { BreakEvenFinding } from '../../record/findings-schema.js';
import type { MeasuredResult } from '../../record/schema.js';
import { counted, formatInteger } from '../../units.js';
import { breakEvensIn } from './break-even-chart.js';
import { axisName, CHARACTER, LINE, type Size } from './frame.js';
import { lookOf } from './look.js';
import { isSweep, type Panel } from './panels.js';
import {
  axisX,
  axisY,
  dot,
  gridY,
  label,
  line,
  type Markish,
  type PlotOptions,
  ruleX,
  text,
} from './plot.js';
import { linearTicks, most, movedApart, shortDuration } from './scales.js';

/** Where the last break-even lies, as a share of the width of the chart. */
const PLACE = 0.5;

/** The break-evens after at least one step, in a panel with a single batch size. */
export function paybacksIn(panel: Panel): BreakEvenFinding[] {
  return isSweep(panel) ? [] : breakEvensIn(panel).filter(({ steps }) => steps > 0);
}

/** The total time of setup and steps, for `feed` and for strategies that pay for their setup, which they do where the lines cross. */
export function paybackChart(panel: Panel, { width, height }: Size): PlotOptions {
  const breakEvens = paybacksIn(panel);
  const rows = panel.rows.filter(
    ({ strategy }) => strategy === 'feed' || breakEvens.some((one) => one.strategy === strategy),
  );
  const steps = Math.ceil(most(breakEvens.map((one) => one.steps)) / PLACE);
  const highest = most(rows.map((row) => timeOf(row, steps))) * 1.04;
  const yTicks = linearTicks([0, highest], 5);
  const marginLeft = 12 + CHARACTER * Math.max(...yTicks.map((tick) => shortDuration(tick).length));
  const marginRight = 14 + CHARACTER * Math.max(...rows.map(({ strategy }) => strategy.length));
  const [marginTop, marginBottom] = [24 + LINE * breakEvens.length, 46];
  const inner = height - marginTop - marginBottom;
  const places = rows.map((row) => marginTop + inner * (1 - timeOf(row, steps) / highest));
  const moved = movedApart(places, LINE, [marginTop + 4, height - marginBottom - 4]);
  return {
    ...{ width, height, marginTop, marginBottom, marginLeft, marginRight },
    x: { type: 'linear', domain: [0, steps], label: null },
    y: { type: 'linear', domain: [0, highest], label: null },
    marks: [
      gridY(yTicks, { stroke: 'var(--line)', strokeOpacity: 1 }),
      ...rows.map((row) => totalOf(row, steps)),
      ...breakEvens.flatMap((one, i) => crossing(one, panel.rows, i)),
      ...rows.map((row, i) =>
        text([row], {
          ...{ x: [steps], y: [timeOf(row, steps)], text: () => row.strategy },
          ...{ textAnchor: 'start' as const, dx: 9, dy: Number((moved[i]! - places[i]!).toFixed(1)) },
          fill: lookOf(row.strategy).colour,
        }),
      ),
      axisY(yTicks, {
        text: (ns: number) => (ns === 0 ? '0' : shortDuration(ns)),
        tickSize: 0,
        tickPadding: 8,
        fill: 'var(--muted)',
      }),
      axisX(linearTicks([0, steps], width > 600 ? 8 : 4), {
        ...{ text: formatInteger, tickSize: 4, tickPadding: 5, fill: 'var(--muted)', stroke: 'var(--line)' },
      }),
      axisName('total time of setup and steps', {
        ...{ frameAnchor: 'top-left', textAnchor: 'start', lineAnchor: 'top' },
        ...{ dx: -marginLeft, dy: -marginTop },
      }),
      axisName('steps', { frameAnchor: 'bottom', lineAnchor: 'bottom', dy: marginBottom - 2 }),
    ],
  };
}

function timeOf({ allocateNs, setupNs, stepNs }: MeasuredResult, steps: number): number {
  return allocateNs + setupNs + steps * stepNs.median;
}

function totalOf(row: MeasuredResult, last: number): Markish {
  const { colour, dash } = lookOf(row.strategy);
  return line([0, last], {
    ...{ x: [0, last], y: [timeOf(row, 0), timeOf(row, last)], stroke: colour, strokeWidth: 1.75 },
    ...(dash !== undefined && { strokeDasharray: dash }),
  });
}

/** Marks where a line crosses that of `feed`, and after how many steps; the text is `above` lines above the chart. */
function crossing(
  { strategy, steps }: BreakEvenFinding,
  rows: readonly MeasuredResult[],
  above: number,
): Markish[] {
  const row = rows.find((one) => one.strategy === strategy)!;
  const { colour, symbol } = lookOf(strategy);
  const words = `${strategy}: ${counted(steps, 'step')}`;
  const at = { x: [steps], fill: colour };
  return [
    ruleX([steps], { stroke: colour, strokeDasharray: '3 3' }),
    dot([steps], {
      ...at,
      y: [timeOf(row, steps)],
      symbol,
      r: 4.5,
      title: () => label(words),
    }),
    text([steps], {
      ...at,
      frameAnchor: 'top',
      lineAnchor: 'bottom',
      dy: -4 - above * LINE,
      text: () => words,
    }),
  ];
}
