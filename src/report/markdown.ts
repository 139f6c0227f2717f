import { answerSentences } from './answer.js';
import { columnsOf } from './columns.js';
import { linesForMarkdown, tableForMarkdown, textForMarkdown } from './layout.js';
import type { Named } from './named.js';
import { sectionsOf } from './sections.js';
import { linesOf } from './sentences.js';

/** Records as GitHub-flavoured Markdown, the answer first, for a pull request or a job summary. */
export function renderMarkdown(records: readonly Named[]): string {
  const table = tableForMarkdown(columnsOf(records), sectionsOf(records), 'device');
  const answer = textForMarkdown(answerSentences(records).join(' '));
  return `${answer}\n\n${table}\n\n${linesForMarkdown(linesOf(records))}`;
}
