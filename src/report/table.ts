import { findingsOf } from '../analysis/findings.js';
import { answerSentences } from './answer.js';
import { chartsForTerminal } from './chart.js';
import { columnsOf } from './columns.js';
import { answerForTerminal, linesForTerminal, type Screen, tableForTerminal } from './layout.js';
import type { Named } from './named.js';
import { sectionsOf } from './sections.js';
import { linesOf } from './sentences.js';

/** Records for people at a terminal: the answer, one table, a chart of a sweep, and what the figures rest on. */
export function renderTable(records: readonly Named[], screen: Screen): string {
  const parts = [
    answerForTerminal(answerSentences(records), screen),
    `${tableForTerminal(columnsOf(records), sectionsOf(records), screen)}\n`,
    ...chartsOf(records, screen),
    linesForTerminal(linesOf(records), screen),
  ];
  return parts.join('\n');
}

/** Only for who looks at it, and of one record alone: those of several devices are compared in the table. */
function chartsOf(records: readonly Named[], screen: Screen): string[] {
  if (!screen.watched || records.length > 1) return [];
  const { record } = records[0]!;
  const charts = chartsForTerminal(record, findingsOf(record), screen);
  return charts === '' ? [] : [charts];
}
