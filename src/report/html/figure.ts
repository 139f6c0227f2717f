import { type Content, html, type Markup } from './escape.js';
import { drawn, type PlotOptions } from './plot.js';

/** How a chart is drawn: across a wide page, across a narrow one, or as one of several. */
export type ChartWidth = 'wide' | 'narrow' | 'small';

/** A chart in words, and as a function of the room it has. */
export interface Drawing {
  /** Unique in the page. */
  readonly id: string;
  /** Above it; may be empty. */
  readonly heading: string;
  /** What it is called, for who cannot see it. */
  readonly title: string;
  /** What it says, for who cannot see it. */
  readonly description: string;
  readonly plot: (room: ChartWidth) => PlotOptions;
  /** Under it. */
  readonly caption?: Content;
}

/** One chart across the page is drawn twice, for wide pages and for narrow ones; several stand beside each other. */
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
