import { findingsOf } from '../../analysis/findings.js';
import { groupBy } from '../../group-by.js';
import type { Findings } from '../../record/findings-schema.js';
import type { Comparison, MeasuredResult } from '../../record/schema.js';
import type { EngineName } from '../../words.js';
import type { Named } from '../named.js';

/** What is drawn in one chart: the rows of one device and one work. Those of several records lie on common axes. */
export interface Panel {
  /** What tells it from the others; empty where there is but one. */
  readonly title: string;
  readonly named: Named;
  readonly engine: EngineName;
  readonly device: string;
  readonly work: number;
  /** Ascending by batch size. */
  readonly rows: readonly MeasuredResult[];
  readonly comparisons: readonly Comparison[];
  readonly findings: Findings;
  /** Batch sizes that were measured, ascending. */
  readonly batches: readonly number[];
  /** There are too many rows in the page for a mark each. */
  readonly dense: boolean;
}

/** Rows that have a mark each in the charts. */
const MOST_MARKED = 300;

/** The panels of records, in their order; none of a work of which nothing was measured. */
export function panelsOf(records: readonly Named[]): Panel[] {
  const panels = records.flatMap((named) => {
    const { record } = named;
    const findings = record.findings ?? findingsOf(record);
    const measured = byPanel(record.results.filter((result) => result.status === 'measured'));
    const compared = byPanel(record.comparisons);
    return record.environment.devices.flatMap(({ engine, name: device }) =>
      record.plan.works.flatMap((work): Panel[] => {
        const rows = measured.get(`${engine} ${work}`);
        if (rows === undefined) return [];
        const comparisons = compared.get(`${engine} ${work}`) ?? [];
        const batches = [...new Set(rows.map(({ batch }) => batch))];
        return [
          { title: '', named, engine, device, work, rows, comparisons, findings, batches, dense: false },
        ];
      }),
    );
  });
  const dense = panels.reduce((sum, { rows }) => sum + rows.length, 0) > MOST_MARKED;
  const title = titlesOf(panels);
  return panels.map((panel) => ({ ...panel, dense, title: title(panel) }));
}

/** What lies in one panel, ascending by batch size. */
function byPanel<T extends { readonly engine: EngineName; readonly work: number; readonly batch: number }>(
  rows: readonly T[],
): Map<string, T[]> {
  return groupBy(
    rows.toSorted((a, b) => a.batch - b.batch),
    ({ engine, work }) => `${engine} ${work}`,
  );
}

/** Whether a panel has a size to draw a line to. */
export function isSweep({ batches }: Panel): boolean {
  return batches.length > 1;
}

function titlesOf(all: readonly Panel[]): (panel: Panel) => string {
  const differ = (what: (panel: Panel) => unknown) => new Set(all.map(what)).size > 1;
  const engines = differ((panel) => panel.engine);
  const devices = differ((panel) => panel.device);
  const names = differ((panel) => panel.named.name);
  const works = differ((panel) => panel.work);
  return ({ named, engine, device, work }) =>
    [
      ...(engines ? [`${engine}: ${device}`] : devices ? [device] : []),
      ...(names ? [named.name] : []),
      ...(works ? [`work ${work}`] : []),
    ].join(' · ');
}

/** Batch sizes of several panels, ascending: the axis that they have in common. */
export function batchesOf(panels: readonly Panel[]): number[] {
  return [...new Set(panels.flatMap(({ batches }) => batches))].sort((a, b) => a - b);
}
