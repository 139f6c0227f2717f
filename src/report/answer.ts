import type { Named } from './named.js';
import { verdictSentences } from './verdicts.js';

/** What records answer, in at most four sentences. */
export function answerSentences(records: readonly Named[]): string[] {
  return records.flatMap(({ record }) => verdictSentences(record)).slice(0, 1);
}
