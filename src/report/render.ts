import type { RunRecord } from '../record/schema.js';
import type { ReportFormat } from '../words.js';

/** How each format is rendered; imported when asked for. A new format is a file beside this one and a line here. */
const RENDERERS: Readonly<
  Record<ReportFormat, () => Promise<(record: RunRecord, color: boolean) => string>>
> = {
  table: async () => (await import('./table.js')).renderTable,
  json: async () => (await import('./json.js')).renderJson,
  csv: async () => (await import('./csv.js')).renderCsv,
  markdown: async () => (await import('./markdown.js')).renderMarkdown,
  'github-action-benchmark': async () => (await import('./github-action-benchmark.js')).renderActionTimes,
  'github-action-benchmark-speedup': async () =>
    (await import('./github-action-benchmark.js')).renderActionSpeedups,
  bencher: async () => (await import('./bencher.js')).renderBencher,
  benchstat: async () => (await import('./benchstat.js')).renderBenchstat,
};

/** A record as text. `color` is for the table alone. */
export async function render(format: ReportFormat, record: RunRecord, color = false): Promise<string> {
  return (await RENDERERS[format]())(record, color);
}
