import { findingsOf } from '../../analysis/findings.js';
import { groupBy } from '../../group-by.js';
import type { Findings } from '../../record/findings-schema.js';
import type { Comparison, MeasuredResult } from '../../record/schema.js';
import type { EngineName } from '../../words.js';
import type { Named } from '../named.js';

/** What one chart shows: the rows of one device and one work. The panels of several records share axes. */
export interface Panel {
  /** What tells it apart from the other panels; empty if there is only one. */
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
  /** Whether the page has too many rows for each to have a mark. */
  readonly dense: boolean;
}

/** The most rows in a page for which each has a mark in the charts. */
const MAX_MARKED = 300;

/** The panels of the records, in their order; a work without measured rows has none. */
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
  const dense = panels.reduce((sum, { rows }) => sum + rows.length, 0) > MAX_MARKED;
  const title = titlesOf(panels);
  return panels.map((panel) => ({ ...panel, dense, title: title(panel) }));
}

/** Rows grouped by panel, ascending by batch size. */
function byPanel<T extends { readonly engine: EngineName; readonly work: number; readonly batch: number }>(
  rows: readonly T[],
): Map<string, T[]> {
  return groupBy(
    rows.toSorted((a, b) => a.batch - b.batch),
    ({ engine, work }) => `${engine} ${work}`,
  );
}

/** Whether a panel has several batch sizes, so that a line can be drawn. */
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

/** The batch sizes of several panels, ascending: the axis that the panels share. */
export function batchesOf(panels: readonly Panel[]): number[] {
  return [...new Set(panels.flatMap(({ batches }) => batches))].sort((a, b) => a - b);
}
