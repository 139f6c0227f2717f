import { usageError } from '../errors.js';
import type { ReportFormat } from '../words.js';
import { PLAIN, type Screen } from './layout.js';
import type { Named } from './named.js';

type Renderer = (records: readonly Named[], screen: Screen) => string;

/** The renderer of each format, imported on demand. A new format needs a file beside this one and a line here. */
const RENDERERS: Readonly<Record<ReportFormat, () => Promise<Renderer>>> = {
  table: async () => (await import('./table.js')).renderTable,
  json: async () => (await import('./json.js')).renderJson,
  csv: async () => (await import('./csv.js')).renderCsv,
  markdown: async () => (await import('./markdown.js')).renderMarkdown,
  html: async () => (await import('./html/page.js')).renderHtml,
  'github-action-benchmark': async () =>
    ofOne((await import('./github-action-benchmark.js')).renderActionTimes),
  'github-action-benchmark-speedup': async () =>
    ofOne((await import('./github-action-benchmark.js')).renderActionSpeedups),
  bencher: async () => ofOne((await import('./bencher.js')).renderBencher),
  benchstat: async () => (await import('./benchstat.js')).renderBenchstat,
};

/** Renders records, at least one, as text. Only the table depends on the screen. */
export async function render(
  format: ReportFormat,
  records: readonly Named[],
  screen = PLAIN,
): Promise<string> {
  return (await RENDERERS[format]())(records, screen);
}

/** A service that keeps a history identifies a row by its name alone, so rows of two machines would share one history. */
function ofOne(renderer: (named: Named) => string): Renderer {
  return (records) => {
    if (records.length === 1) return renderer(records[0]!);
    throw usageError('--format', `${records.length} records for a format that takes one`, {
      expected: 'table, json, csv, markdown, html or benchstat',
      remedy: 'or run pinbench report once per record',
    });
  };
}
