import type { Column, Section } from '../layout.js';
import { type Content, html, type Markup } from './escape.js';

/** A column that may show more than text. */
export interface HtmlColumn<Row> {
  readonly head: string;
  readonly align: 'left' | 'right';
  readonly cell: (row: Row) => Content;
}

/** A column of another format, as it is there. */
export function plain<Row>({ head, align, cell }: Column<Row>): HtmlColumn<Row> {
  return { head, align, cell };
}

/** A table that scrolls by itself where it is wider than the page; `name` is for who cannot see it. */
export function tableOf<Row>(
  name: string,
  columns: readonly HtmlColumn<Row>[],
  sections: readonly Section<Row>[],
): Markup {
  const head = columns.map(({ head, align }) => html`<th scope="col"${classOf(align)}>${head}</th>`);
  const bodies = sections.map(
    ({ heading, rows }) =>
      html`<tbody>${heading === undefined ? '' : html`<tr><th scope="rowgroup" colspan="${columns.length}">${heading}</th></tr>`}
${rows.map((row) => html`<tr>${columns.map(({ align, cell }) => html`<td${classOf(align)}>${cell(row)}</td>`)}</tr>\n`)}</tbody>`,
  );
  return html`<div class="table" role="region" aria-label="${name}" tabindex="0"><table>
<thead><tr>${head}</tr></thead>
${bodies}</table></div>\n`;
}

/** Figures lie to the right, which is usual in these tables and needs no class. */
function classOf(align: 'left' | 'right'): Content {
  return align === 'left' ? html` class="l"` : '';
}

/** What is said of something, by its names. */
export function factsOf(facts: readonly (readonly [name: string, value: Content])[]): Markup {
  return html`<dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>\n`;
}
