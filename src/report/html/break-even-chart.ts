import type { BreakEvenFinding } from '../../record/findings-schema.js';
import { counted, formatInteger } from '../../units.js';
import type { StrategyName } from '../../words.js';
import { frame, type Scale, type Size } from './frame.js';
import { strategiesIn } from './look.js';
import type { Panel } from './panels.js';
import { label, line, type PlotOptions } from './plot.js';
import { logDomain } from './scales.js';
import { endLabels, endOf, type Series, seriesMarks } from './series.js';

/** A logarithmic scale has no zero: a setup that pays for itself at once is drawn at one step. */
const AT_ONCE = 1;

/** The scale of steps that all panels share; it includes the steps of an epoch. */
export function breakEvenScaleOf(panels: readonly Panel[]): Scale {
  const values = panels.flatMap((panel) => [
    ...breakEvensIn(panel).flatMap(({ steps, stepsCi95 }) => [steps, ...(stepsCi95 ?? [])]),
    ...panel.rows.map(({ stepsPerEpoch }) => stepsPerEpoch),
  ]);
  return { domain: logDomain(values.map(shown)), name: 'steps', format: shortCount };
}

/** The strategies of a panel that have a break-even: `later`, those that need more than one step at some batch size, and the others. */
export function breakEvenStrategiesIn(panel: Panel): { later: StrategyName[]; atOnce: StrategyName[] } {
  const breakEvens = breakEvensIn(panel);
  const later = strategiesIn(breakEvens.filter(({ steps }) => steps > AT_ONCE));
  return { later, atOnce: strategiesIn(breakEvens).filter((strategy) => !later.includes(strategy)) };
}

/** The break-evens of a panel, ascending by batch size. */
export function breakEvensIn({ findings, engine, work }: Panel): BreakEvenFinding[] {
  return findings.breakEvens
    .filter((one) => one.engine === engine && one.work === work)
    .toSorted((a, b) => a.batch - b.batch);
}

/** After how many steps a strategy pays for its setup, by batch size, beside the number of steps in an epoch. */
export function breakEvenChart(panel: Panel, y: Scale, batches: readonly number[], size: Size): PlotOptions {
  const breakEvens = breakEvensIn(panel);
  const all = breakEvenStrategiesIn(panel).later.map((strategy): Series => {
    return { strategy, points: breakEvens.filter((one) => one.strategy === strategy).map(pointOf) };
  });
  const epochs = panel.batches.map((batch) => panel.rows.find((row) => row.batch === batch)!);
  const { batch, stepsPerEpoch } = epochs.at(-1)!;
  const epoch = { batch, value: stepsPerEpoch, words: 'one epoch', colour: 'var(--muted)' };
  const labels = [epoch.words, ...all.map(({ strategy }) => strategy)];
  const canvas = frame(y, batches, size, { above: 0, labels });
  return {
    ...canvas.options,
    marks: [
      ...canvas.grid,
      line(epochs, { x: 'batch', y: 'stepsPerEpoch', stroke: 'var(--muted)', strokeDasharray: '4 4' }),
      ...all.flatMap((series) => seriesMarks(series, { dense: panel.dense, intervals: 'bars' }, canvas)),
      ...endLabels([epoch, ...all.map(endOf)], canvas),
      ...canvas.axes,
    ],
  };
}

function pointOf({ strategy, batch, steps, epochs, stepsCi95 }: BreakEvenFinding): Series['points'][number] {
  const range = stepsCi95 === null ? '' : ` (${stepsCi95.map(formatInteger).join(' to ')})`;
  const passes = Number(epochs.toPrecision(2));
  const after = `${counted(steps, 'step')}${range}, ${passes} ${passes === 1 ? 'epoch' : 'epochs'}`;
  return {
    ...{ batch, value: shown(steps), interval: stepsCi95 && [shown(stepsCi95[0]), shown(stepsCi95[1])] },
    title: label(`${strategy}, batch ${formatInteger(batch)}: ${after}`),
  };
}

function shown(steps: number): number {
  return Math.max(AT_ONCE, steps);
}

/** `10 k` rather than `10,000` beside an axis. */
function shortCount(steps: number): string {
  if (steps < 1e4) return formatInteger(steps);
  const [size, unit] = steps < 1e6 ? [1e3, 'k'] : [1e6, 'M'];
  return `${Number((steps / size).toPrecision(3))} ${unit}`;
}
