import { formatInteger } from '../../units.js';
import { breakEvenChart, breakEvenScaleOf, payersIn } from './break-even-chart.js';
import type { Content } from './escape.js';
import { type Drawing, figuresOf } from './figure.js';
import { batchesOf, isSweep, type Panel } from './panels.js';
import { paybackChart, paybacksIn } from './payback-chart.js';
import { IN_TABLE, lead, sameAxes, section, sizeOf, titleIn } from './section.js';
import { inColour } from './strategy-words.js';

/** Charts of one batch size have no axis in common: of very many panels these must do. */
const MOST_PAYBACKS = 12;

/** After how many steps a setup has paid for itself. Nothing where none does, or all do at once. */
export function breakEvenSection(panels: readonly Panel[]): Content {
  return section('break-even', 'When the setup has paid for itself', [
    overBatches(panels.filter((panel) => isSweep(panel) && payersIn(panel).later.length > 0)),
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
      title: titleIn(panel, 'Steps until the setup has paid for itself over the rows of a mini-batch'),
      description: `${payersIn(panel).later.join(', ')}, and the steps of an epoch. ${IN_TABLE}`,
      caption: inColour(atOnceWords(payersIn(panel).atOnce)),
      plot: (room) => breakEvenChart(panel, scale, batches, sizeOf(room)),
    }),
  );
  return [
    lead(
      'Steps after which what a strategy saves has paid for its allocation and upload, with their 95 % intervals. Under the dashed line that is within the first epoch.',
      sameAxes(panels),
    ),
    figuresOf(figures),
  ];
}

function atOnceWords(strategies: readonly string[]): string {
  const verb = strategies.length === 1 ? 'has' : 'have';
  return strategies.length === 0
    ? ''
    : `${strategies.join(', ')} ${verb} paid for it after one step at most.`;
}

function overSteps(panels: readonly Panel[]): Content {
  if (panels.length === 0) return '';
  const figures = panels.slice(0, MOST_PAYBACKS).map(
    (panel, i): Drawing => ({
      ...{ id: `payback-${i + 1}`, heading: panel.title },
      title: titleIn(panel, 'Time of setup and steps together'),
      description: paybacksIn(panel)
        .map(
          ({ strategy, steps }) => `${strategy} has paid for its setup after ${formatInteger(steps)} steps.`,
        )
        .join(' '),
      plot: (room) => paybackChart(panel, sizeOf(room)),
    }),
  );
  return [
    lead(
      'What a strategy uploads once it saves in every step. Where its line crosses that of feed, it has paid for its allocation and upload.',
      panels.length > MOST_PAYBACKS ? `The first ${MOST_PAYBACKS} cases are drawn; the table has all.` : '',
    ),
    figuresOf(figures),
  ];
}
