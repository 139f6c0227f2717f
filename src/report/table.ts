import { findingsOf } from '../analysis/findings.js';
import { answerSentences } from './answer.js';
import { chartsForTerminal } from './chart.js';
import { columnsOf } from './columns.js';
import { answerForTerminal, linesForTerminal, type Screen, tableForTerminal } from './layout.js';
import type { Named } from './named.js';
import { sectionsOf } from './sections.js';
import { linesOf } from './sentences.js';

/** Records for a terminal: the answer, one table, a chart of a sweep, and the lines that explain the figures. */
export function renderTable(records: readonly Named[], screen: Screen): string {
  const parts = [
    answerForTerminal(answerSentences(records), screen),
    `${tableForTerminal(columnsOf(records), sectionsOf(records), screen)}\n`,
    ...chartsOf(records, screen),
    linesForTerminal(linesOf(records), screen),
  ];
  return parts.join('\n');
}

/** Charts, only on a watched screen and only for a single record: the table is what compares several. */
function chartsOf(records: readonly Named[], screen: Screen): string[] {
  if (!screen.watched || records.length > 1) return [];
  const { record } = records[0]!;
  const charts = chartsForTerminal(record, findingsOf(record), screen);
  return charts === '' ? [] : [charts];
}
