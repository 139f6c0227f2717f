import { markdownTable } from 'markdown-table';
import { type Column, columnsOf } from './columns.js';
import { linesForMarkdown } from './layout.js';
import type { Named } from './named.js';
import { sectionsOf } from './sections.js';
import { linesOf } from './sentences.js';

/** Records as GitHub-flavoured Markdown: for a pull request or a job summary. */
export function renderMarkdown(records: readonly Named[]): string {
  const columns = columnsOf(records);
  const rows = sectionsOf(records).flatMap(({ heading, rows }) =>
    rows.map((row) => [
      ...(heading === undefined ? [] : [heading]),
      ...columns.map(({ cell }: Column) => cell(row)),
    ]),
  );
  const headings = [...(records.length > 1 ? [{ head: 'device', align: 'left' }] : []), ...columns];
  const table = markdownTable([headings.map(({ head }) => head), ...rows], {
    align: headings.map(({ align }) => align),
  });
  return `${table}\n\n${linesForMarkdown(linesOf(records))}`;
}
