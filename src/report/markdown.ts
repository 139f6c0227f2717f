import { markdownTable } from 'markdown-table';
import type { RunRecord } from '../record/schema.js';
import { columnsOf, rowsOf } from './columns.js';
import { linesOf } from './sentences.js';

/** The record as GitHub-flavoured Markdown: for a pull request or a job summary. */
export function renderMarkdown(record: RunRecord): string {
  const columns = columnsOf(record);
  const rows = rowsOf(record).map((row) => columns.map(({ cell }) => cell(row)));
  const table = markdownTable([columns.map(({ head }) => head), ...rows], {
    align: columns.map(({ align }) => align),
  });
  const lines = linesOf(record).map(({ label, text }) => `- **${label}**: ${escaped(text)}`);
  return `${table}\n\n${lines.join('\n')}\n`;
}

/** Text from outside, a path or a device's name, must stay text. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, '\\$&');
}
