import type { Screen } from '../report/layout.js';
import type { Named } from '../report/named.js';

/** Renders one or more records as text. */
type RenderAll = (records: readonly Named[], screen: Screen) => string;
/** Renders one record. */
type RenderOne = (record: Named) => string;

/** A format: how many records it takes, and its renderer, which is imported on demand. */
export type Format =
  | { readonly takes: 'several'; readonly load: () => Promise<RenderAll> }
  | { readonly takes: 'one'; readonly load: () => Promise<RenderOne> };

function several(load: () => Promise<RenderAll>): Format {
  return { takes: 'several', load };
}

/** A format for a service that keeps a history per row name, in which the rows of two records would be mixed. */
function one(load: () => Promise<RenderOne>): Format {
  return { takes: 'one', load };
}

/** The formats that a record can be rendered to, in the order of the help. A new format is a file in `report/` and a line here. */
export const FORMATS = {
  table: several(async () => (await import('../report/table.js')).renderTable),
  json: several(async () => (await import('../report/json.js')).renderJson),
  csv: several(async () => (await import('../report/csv.js')).renderCsv),
  markdown: several(async () => (await import('../report/markdown.js')).renderMarkdown),
  html: several(async () => (await import('../report/html/page.js')).renderHtml),
  'github-action-benchmark': one(
    async () => (await import('../report/github-action-benchmark.js')).renderActionTimes,
  ),
  'github-action-benchmark-speedup': one(
    async () => (await import('../report/github-action-benchmark.js')).renderActionSpeedups,
  ),
  bencher: one(async () => (await import('../report/bencher.js')).renderBencher),
  benchstat: several(async () => (await import('../report/benchstat.js')).renderBenchstat),
} as const;

export type ReportFormat = keyof typeof FORMATS;
export const REPORT_FORMATS: readonly ReportFormat[] = Object.keys(FORMATS) as ReportFormat[];
