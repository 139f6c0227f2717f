import { type Content, html } from './escape.js';
import { type Drawing, figuresOf } from './figure.js';
import { forestChart } from './forest-chart.js';
import { strategiesIn } from './look.js';
import { batchesOf, isSweep, type Panel } from './panels.js';
import { IN_TABLE, lead, sameAxes, section, sizeOf, titleIn } from './section.js';
import { speedupChart, speedupScaleOf } from './speedup-chart.js';
import { inColour } from './strategy-words.js';

/** Speedups over `feed` with their intervals, by batch size or, for a single size, one line each. */
export function speedupSection(all: readonly Panel[]): Content {
  const panels = all.filter(({ comparisons }) => comparisons.length > 0);
  if (panels.length === 0) return '';
  const scale = speedupScaleOf(panels.flatMap(({ comparisons }) => comparisons));
  const sweeps = panels.filter(isSweep);
  const others = panels.filter((panel) => !isSweep(panel));
  const batches = batchesOf(sweeps);
  const overBatches = sweeps.map(
    (panel, i): Drawing => ({
      ...{ id: `speedup-${i + 1}`, heading: panel.title },
      title: titleIn(panel, 'Speedup over feed by batch size'),
      description: `${strategiesIn(panel.comparisons).join(', ')}. ${IN_TABLE}`,
      plot: (room) => speedupChart(panel, scale, batches, sizeOf(room)),
    }),
  );
  const inLines: Drawing = {
    ...{ id: 'speedup', heading: '', title: 'Speedup over feed' },
    description: `A line for each comparison. ${IN_TABLE}`,
    plot: (room) => forestChart(others, scale, sizeOf(room)),
  };
  return section('speedup', html`How much faster than ${inColour('feed')}`, [
    lead(
      'Speedups over feed, paired by round, with their 95 % intervals. An interval that lies within the grey band (±5 %) means the same speed; hollow marks are inconclusive.',
      sameAxes(sweeps),
    ),
    figuresOf(overBatches),
    others.length === 0 ? '' : figuresOf([inLines]),
  ]);
}
