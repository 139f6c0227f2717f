import { usageError } from '../errors.js';
import { FORMATS } from '../tables/formats.js';
import { REPORT_FORMATS, type ReportFormat } from '../words.js';
import { PLAIN } from './layout.js';
import type { Named } from './named.js';

/** Renders records, at least one, as text. Only the table depends on the screen. */
export async function render(
  format: ReportFormat,
  records: readonly Named[],
  screen = PLAIN,
): Promise<string> {
  const { takes, load } = FORMATS[format];
  if (takes === 'several') return (await load())(records, screen);
  if (records.length === 1) return (await load())(records[0]!);
  const others = REPORT_FORMATS.filter((name) => FORMATS[name].takes === 'several');
  throw usageError('--format', `${records.length} records for a format that takes one`, {
    expected: `${others.slice(0, -1).join(', ')} or ${others.at(-1)}`,
    remedy: 'or run pinbench report once per record',
  });
}
