import { counted } from '../../units.js';
import { breakEvenChart, breakEvenScaleOf, breakEvenStrategiesIn } from './break-even-chart.js';
import type { Content } from './escape.js';
import { type Drawing, figuresOf } from './figure.js';
import { batchesOf, isSweep, type Panel } from './panels.js';
import { paybackChart, paybacksIn } from './payback-chart.js';
import { IN_TABLE, lead, sameAxes, section, sizeOf, titleIn } from './section.js';
import { inColour } from './strategy-words.js';

/** The most charts of single batch sizes; they share no axis, so more of them would not help a reader. */
const MAX_PAYBACKS = 12;

/** After how many steps a setup pays for itself. Empty if no setup does, or all do at once. */
export function breakEvenSection(panels: readonly Panel[]): Content {
  return section('break-even', 'When the setup pays for itself', [
    overBatches(panels.filter((panel) => isSweep(panel) && breakEvenStrategiesIn(panel).later.length > 0)),
    overSteps(panels.filter((panel) => paybacksIn(panel).length > 0)),
  ]);
}

function overBatches(panels: readonly Panel[]): Content {
  if (panels.length === 0) return '';
  const scale = breakEvenScaleOf(panels);
  const batches = batchesOf(panels);
  const figures = panels.map(
    (panel, i): Drawing => ({
      ...{ id: `break-even-${i + 1}`, heading: panel.title },
      title: titleIn(panel, 'Steps until the setup pays for itself, by batch size'),
      description: `${breakEvenStrategiesIn(panel).later.join(', ')}, and the steps of an epoch. ${IN_TABLE}`,
      caption: inColour(atOnceWords(breakEvenStrategiesIn(panel).atOnce)),
      plot: (room) => breakEvenChart(panel, scale, batches, sizeOf(room)),
    }),
  );
  return [
    lead(
      'The number of steps after which the time that a strategy saves has paid for its allocation and upload, with 95 % intervals. Points below the dashed line are within the first epoch.',
      sameAxes(panels),
    ),
    figuresOf(figures),
  ];
}

function atOnceWords(strategies: readonly string[]): string {
  const one = strategies.length === 1;
  return strategies.length === 0
    ? ''
    : `${strategies.join(', ')} ${one ? 'pays for its' : 'pay for their'} setup within one step.`;
}

function overSteps(panels: readonly Panel[]): Content {
  if (panels.length === 0) return '';
  const figures = panels.slice(0, MAX_PAYBACKS).map(
    (panel, i): Drawing => ({
      ...{ id: `payback-${i + 1}`, heading: panel.title },
      title: titleIn(panel, 'Total time of setup and steps'),
      description: paybacksIn(panel)
        .map(({ strategy, steps }) => `${strategy} pays for its setup after ${counted(steps, 'step')}.`)
        .join(' '),
      plot: (room) => paybackChart(panel, sizeOf(room)),
    }),
  );
  return [
    lead(
      'A strategy that uploads the dataset once saves time in every step. Where its line crosses that of feed, it has paid for its allocation and upload.',
      panels.length > MAX_PAYBACKS ? `The first ${MAX_PAYBACKS} cases are drawn; the table has all.` : '',
    ),
    figuresOf(figures),
  ];
}
