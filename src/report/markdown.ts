import { columnsOf } from './columns.js';
import { linesForMarkdown, tableForMarkdown } from './layout.js';
import type { Named } from './named.js';
import { sectionsOf } from './sections.js';
import { linesOf } from './sentences.js';

/** Records as GitHub-flavoured Markdown: for a pull request or a job summary. */
export function renderMarkdown(records: readonly Named[]): string {
  const table = tableForMarkdown(columnsOf(records), sectionsOf(records), 'device');
  return `${table}\n\n${linesForMarkdown(linesOf(records))}`;
}
