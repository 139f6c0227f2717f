import { type PlotOptions, plot } from '@observablehq/plot';
import { parseHTML } from 'linkedom/worker';
import { escaped, type Markup, trusted, visible } from './escape.js';

export type { Markish, PlotOptions } from '@observablehq/plot';
export { areaY, axisX, axisY, dot, gridY, line, rect, ruleX, ruleY, text } from '@observablehq/plot';

/** The document in which charts are drawn; it is never shown. */
const { document } = parseHTML('<html></html>');

/** The name and the content of a chart, for readers who cannot see it. */
export interface Naming {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

/** A chart as SVG without its own style sheet: its colours are custom properties of the page. */
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

/** Attributes that hold coordinates and sizes. */
const PLACES = / (?:[xy][12]?|c[xy]|d|transform|width|height)="[^"]*"/g;

/** Rounds coordinates to tenths of a pixel, and drops the names that Plot gives its groups, since the chart has a name itself. */
function compact(svg: string): string {
  return svg.replace(/<[^>]+>/g, (tag) =>
    tag
      .replace(PLACES, (place) => place.replace(/(\.\d)\d+/g, '$1'))
      .replace(/ aria-(?:label|hidden)="[^"]*"/g, '')
      .replace(/ \/>$/, '/>'),
  );
}

/** The text of a mark, without the characters that no page may contain; Plot and linkedom escape it. */
export function label(text: string): string {
  return visible(text);
}
