import { type PlotOptions, plot } from '@observablehq/plot';
import { parseHTML } from 'linkedom/worker';
import { escaped, type Markup, trusted, visible } from './escape.js';

export type { Markish, PlotOptions } from '@observablehq/plot';
export { areaY, axisX, axisY, dot, gridY, line, rect, ruleX, ruleY, text } from '@observablehq/plot';

/** Where a chart is drawn; it is never shown. */
const { document } = parseHTML('<html></html>');

/** What a chart is called and what it says, for who cannot see it. */
export interface Naming {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

/** A chart as SVG, without a style sheet of its own: colours are the page's custom properties. */
export function drawn({ id, title, description }: Naming, className: string, options: PlotOptions): Markup {
  const svg = plot({ ...options, document, className: 'plot' }) as {
    readonly outerHTML: string;
    getAttribute(name: string): string | null;
  };
  const { outerHTML } = svg;
  const body = outerHTML.slice(outerHTML.indexOf('</style>') + '</style>'.length);
  const [width, height] = [options.width ?? 0, svg.getAttribute('height') ?? '0'];
  const head =
    `<svg text-anchor="middle" class="${className}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" aria-labelledby="${id}-title" aria-describedby="${id}-text">` +
    `<title id="${id}-title">${escaped(title)}</title><desc id="${id}-text">${escaped(description)}</desc>`;
  return trusted(head + compact(body));
}

/** Attributes that say where something is. */
const PLACES = / (?:[xy][12]?|c[xy]|d|transform|width|height)="[^"]*"/g;

/** Tenths of a pixel are enough, and nobody reads the names that Plot gives its groups once the chart has one. */
function compact(svg: string): string {
  return svg.replace(/<[^>]+>/g, (tag) =>
    tag
      .replace(PLACES, (place) => place.replace(/(\.\d)\d+/g, '$1'))
      .replace(/ aria-(?:label|hidden)="[^"]*"/g, '')
      .replace(/ \/>$/, '/>'),
  );
}

/** Text of a mark. Plot and linkedom escape it; what no page may hold is taken out here. */
export function label(text: string): string {
  return visible(text);
}
