import { findingsOf } from '../../analysis/findings.js';
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
    return record.environment.devices.flatMap(({ engine, name: device }) =>
      record.plan.works.flatMap((work): Panel[] => {
        const inPanel = (one: { engine: EngineName; work: number }) =>
          one.engine === engine && one.work === work;
        const rows = record.results
          .filter((result) => result.status === 'measured')
          .filter(inPanel)
          .toSorted((a, b) => a.batch - b.batch);
        if (rows.length === 0) return [];
        const comparisons = record.comparisons.filter(inPanel).toSorted((a, b) => a.batch - b.batch);
        const batches = [...new Set(rows.map(({ batch }) => batch))];
        return [
          { title: '', named, engine, device, work, rows, comparisons, findings, batches, dense: false },
        ];
      }),
    );
  });
  const dense = panels.reduce((sum, { rows }) => sum + rows.length, 0) > MOST_MARKED;
  return panels.map((panel) => ({ ...panel, dense, title: titleOf(panel, panels) }));
}

/** Whether a panel has a size to draw a line to. */
export function isSweep({ batches }: Panel): boolean {
  return batches.length > 1;
}

function titleOf({ named, engine, device, work }: Panel, all: readonly Panel[]): string {
  const differ = (what: (panel: Panel) => unknown) => new Set(all.map(what)).size > 1;
  return [
    ...(differ((panel) => panel.engine)
      ? [`${engine}: ${device}`]
      : differ((panel) => panel.device)
        ? [device]
        : []),
    ...(differ((panel) => panel.named.name) ? [named.name] : []),
    ...(differ((panel) => panel.work) ? [`work ${work}`] : []),
  ].join(' · ');
}

/** Batch sizes of several panels, ascending: the axis that they have in common. */
export function batchesOf(panels: readonly Panel[]): number[] {
  return [...new Set(panels.flatMap(({ batches }) => batches))].sort((a, b) => a - b);
}
