import type { Content } from './escape.js';
import { figuresOf } from './figure.js';
import { strategiesIn } from './look.js';
import { isSweep, type Panel } from './panels.js';
import { IN_TABLE, lead, sameAxes, section, sizeOf, titleIn } from './section.js';
import { inColour } from './strategy-words.js';
import { axesOf, bracketsIn, MAX_NAMED, sweepChart } from './sweep-chart.js';

/** The step time by batch size. Empty if there is only one size. */
export function sweepSection(all: readonly Panel[]): Content {
  const panels = all.filter(isSweep);
  if (panels.length === 0) return '';
  const axes = axesOf(panels);
  const figures = panels.map((panel, i) => {
    const words = bracketsIn(panel).map((bracket) => `${bracket.words}.`);
    return {
      ...{ id: `sweep-${i + 1}`, heading: panel.title },
      title: titleIn(panel, 'Step time by batch size'),
      description: [`${strategiesIn(panel.rows).join(', ')}.`, ...words, IN_TABLE].join(' '),
      plot: (room: Parameters<typeof sizeOf>[0]) => sweepChart(panel, axes, sizeOf(room)),
      caption: inColour(words.slice(MAX_NAMED).join(' ')),
    };
  });
  return section('sweep', 'How long a step takes', [
    lead(
      'The median step time by batch size. Both axes are logarithmic; bands are 95 % intervals.',
      panels.some((panel) => bracketsIn(panel).length > 0)
        ? 'A bar above the chart spans the batch sizes between which the faster strategy changes.'
        : '',
      sameAxes(panels),
    ),
    figuresOf(figures),
  ]);
}
