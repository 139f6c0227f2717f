import { findingsOf } from '../analysis/findings.js';
import type { RunRecord } from '../record/schema.js';
import { jsonText } from '../text.js';
import type { Named } from './named.js';

/** One record as it is, several as an array. Findings are computed again, so that they agree with the figures of the record. */
export function renderJson(records: readonly Named[]): string {
  const plain = records.map(({ record }) => withFindings(record));
  return jsonText(plain.length === 1 ? plain[0] : plain);
}

function withFindings(record: RunRecord): RunRecord {
  return record.findings === undefined ? record : { ...record, findings: findingsOf(record) };
}
