import { type Content, html, type Markup } from './escape.js';
import { drawn, type PlotOptions } from './plot.js';

/** The width of a chart: across a wide page, across a narrow page, or one of several side by side. */
export type ChartWidth = 'wide' | 'narrow' | 'small';

/** A chart, as a function of its width, with its texts. */
export interface Drawing {
  /** Unique in the page. */
  readonly id: string;
  /** The heading above it; may be empty. */
  readonly heading: string;
  /** Its name for readers who cannot see it. */
  readonly title: string;
  /** Its content for readers who cannot see it. */
  readonly description: string;
  readonly plot: (room: ChartWidth) => PlotOptions;
  /** The caption under it. */
  readonly caption?: Content;
}

/** A single chart is drawn twice, for wide and for narrow pages; several charts are drawn once each, side by side. */
export function figuresOf(drawings: readonly Drawing[], columns: 2 | 3 = 2): Content {
  const [only] = drawings;
  if (only === undefined) return '';
  if (drawings.length === 1) return figure(only, [svgOf(only, 'wide'), svgOf(only, 'narrow')]);
  return html`<div class="side-by-side of-${columns}">
${drawings.map((drawing) => figure(drawing, svgOf(drawing, 'small')))}</div>
`;
}

function svgOf({ id, title, description, plot }: Drawing, room: ChartWidth): Markup {
  return drawn({ id: `${id}-${room}`, title, description }, room, plot(room));
}

function figure({ heading, caption = '' }: Drawing, charts: Content): Markup {
  const above = heading === '' ? '' : html`<h3>${heading}</h3>`;
  const under = html`${caption}`.text === '' ? '' : html`<figcaption>${caption}</figcaption>`;
  return html`<figure>${above}${charts}${under}</figure>
`;
}
