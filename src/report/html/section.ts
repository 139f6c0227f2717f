import { type Content, html } from './escape.js';
import type { ChartWidth } from './figure.js';
import type { Size } from './frame.js';
import type { Panel } from './panels.js';

/** A section of the page with its heading; empty if it has no content. */
export function section(id: string, heading: Content, content: Content): Content {
  const body = html`${content}`;
  if (body.text.trim() === '') return '';
  return html`<section id="${id}">
<h2>${heading}</h2>
${body}</section>
`;
}

/** A paragraph that explains how to read what follows. */
export function lead(...sentences: readonly string[]): Content {
  return html`<p class="lead">${sentences.filter((sentence) => sentence !== '').join(' ')}</p>
`;
}

/** Size of a chart over batch sizes, px. */
export function sizeOf(room: ChartWidth): Size {
  return room === 'wide' ? { width: 940, height: 400 } : { width: 440, height: 300 };
}

/** The name of a chart, with the title of its panel if there are several. */
export function titleIn(panel: Panel, title: string): string {
  return panel.title === '' ? title : `${title}, ${panel.title}`;
}

/** A sentence for several charts side by side. */
export function sameAxes(panels: readonly Panel[]): string {
  return panels.length > 1 ? 'The axes are the same in all charts.' : '';
}

/** Where readers who cannot see a chart find its values. */
export const IN_TABLE = 'The values are in the table of all rows.';
