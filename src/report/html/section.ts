import { type Content, html } from './escape.js';
import type { ChartWidth } from './figure.js';
import type { Size } from './frame.js';
import type { Panel } from './panels.js';

/** A part of the page with its heading; nothing where it has no content. */
export function section(id: string, heading: Content, content: Content): Content {
  const body = html`${content}`;
  if (body.text.trim() === '') return '';
  return html`<section id="${id}">
<h2>${heading}</h2>
${body}</section>
`;
}

/** A paragraph that says how to read what follows. */
export function lead(...sentences: readonly string[]): Content {
  return html`<p class="lead">${sentences.filter((sentence) => sentence !== '').join(' ')}</p>
`;
}

/** Room for a chart over the rows of a mini-batch, px. */
export function sizeOf(room: ChartWidth): Size {
  return room === 'wide' ? { width: 940, height: 400 } : { width: 440, height: 300 };
}

/** What a chart is called, where there are several with what tells it from the others. */
export function titleIn(panel: Panel, title: string): string {
  return panel.title === '' ? title : `${title}, ${panel.title}`;
}

/** Said where several charts stand beside each other. */
export function sameAxes(panels: readonly Panel[]): string {
  return panels.length > 1 ? 'The axes are the same in all charts.' : '';
}

/** Where who cannot see a chart finds its values. */
export const IN_TABLE = 'The values are in the table of all rows.';
