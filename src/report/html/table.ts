import type { Column, Section } from '../layout.js';
import { type Content, html, type Markup } from './escape.js';

/** A column whose cells may contain markup. */
export interface HtmlColumn<Row> extends Pick<Column<Row>, 'head' | 'align'> {
  readonly cell: (row: Row) => Content;
  /** The class of a cell, as defined by the styles. */
  readonly kind?: (row: Row) => string;
}

/** A table that scrolls sideways if it is wider than the page; `name` is for readers who cannot see it. */
export function tableOf<Row>(
  name: string,
  columns: readonly HtmlColumn<Row>[],
  sections: readonly Section<Row>[],
): Markup {
  const bodies = sections.map(({ heading, rows }) => {
    const lines = rows.map((row) => html`<tr>${columns.map((column) => cellOf(column, row))}</tr>\n`);
    return html`<tbody>${heading === undefined ? '' : headingOf(heading, columns.length)}
${lines}</tbody>`;
  });
  return html`<div class="table" role="region" aria-label="${name}" tabindex="0"><table class="${toTheLeft(columns)}">
<thead><tr>${columns.map(({ head }) => html`<th scope="col">${head}</th>`)}</tr></thead>
${bodies}</table></div>
`;
}

function headingOf(heading: string, columns: number): Markup {
  return html`<tr><th scope="rowgroup" colspan="${columns}">${heading}</th></tr>`;
}

function cellOf<Row>({ cell, kind }: HtmlColumn<Row>, row: Row): Markup {
  const is = kind?.(row) ?? '';
  return is === '' ? html`<td>${cell(row)}</td>` : html`<td class="${is}">${cell(row)}</td>`;
}

/** The most columns that the styles can align left by position; a class on every cell would take a tenth of a page. */
export const MAX_COLUMNS = 32;

function toTheLeft(columns: readonly HtmlColumn<never>[]): string {
  return columns.flatMap(({ align }, i) => (align === 'left' ? [`left-${i + 1}`] : [])).join(' ');
}

/** A list of facts: names and values. */
export function factsOf(facts: readonly (readonly [name: string, value: Content])[]): Markup {
  return html`<dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>
`;
}
