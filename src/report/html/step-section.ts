import type { Composition, Findings, Fit } from '../../record/findings-schema.js';
import { nameOf } from '../../record/row-name.js';
import type { MeasuredResult } from '../../record/schema.js';
import { formatDuration, formatInteger, formatPercent } from '../../units.js';
import type { Section } from '../layout.js';
import { type Content, html } from './escape.js';
import type { Panel } from './panels.js';
import { lead, section } from './section.js';
import { type HtmlColumn, tableOf } from './table.js';

/** The most rows whose parts are listed; if there are more, only the smallest and the largest batch sizes are listed. */
const MAX_ROWS = 100;

/** What a step consists of: fixed cost and bandwidth of every strategy, and the parts of its steps. Empty if nothing is known. */
export function stepSection(panels: readonly Panel[]): Content {
  return section('parts', 'Where the time of a step goes', [fits(panels), parts(panels)]);
}

function fits(panels: readonly Panel[]): Content {
  const sections = sectionsOf(panels, ({ findings, engine, work }) =>
    findings.fits.filter((fit) => fit.engine === engine && fit.work === work),
  );
  if (sections.length === 0) return '';
  return [
    lead(
      'Over the batch sizes, the time of a step is fitted as a fixed cost plus the bytes of its mini-batch divided by a bandwidth.',
    ),
    tableOf('Fixed cost and bandwidth of the strategies', FIT_COLUMNS, sections),
  ];
}

const FIT_COLUMNS: readonly HtmlColumn<Fit>[] = [
  { head: 'strategy', align: 'left', cell: ({ strategy }) => strategy, kind: ({ strategy }) => strategy },
  { head: 'fixed cost', align: 'right', cell: ({ fixedNs }) => estimate(fixedNs, formatDuration) },
  { head: 'bandwidth', align: 'right', cell: ({ bytesPerNs }) => estimate(bytesPerNs, bandwidth) },
  { head: 'farthest from the fit', align: 'left', cell: fitWords },
];

function estimate(value: Fit['fixedNs'], format: (value: number) => string): string {
  return value === null ? '–' : `${format(value.value)} (${value.ci95.map(format).join(' to ')})`;
}

/** Bytes per ns are GB/s. */
function bandwidth(bytesPerNs: number): string {
  return `${Number(bytesPerNs.toPrecision(3))} GB/s`;
}

function fitWords({ holds, farthest: { batch, percent } }: Fit): string {
  const side = percent < 0 ? 'below' : 'above';
  const away = `${formatPercent(Math.abs(percent))} ${side} at batch ${formatInteger(batch)}`;
  return holds ? away : `no fit: ${away}`;
}

/** A row with its known parts. */
interface Parts {
  readonly row: MeasuredResult;
  readonly composition: Composition;
}

function parts(panels: readonly Panel[]): Content {
  const known = new Map<Findings, Map<string, Composition>>();
  const all = sectionsOf(panels, ({ findings, rows }) => {
    // The panels of a record share its findings.
    const compositions =
      known.get(findings) ?? new Map(findings.compositions.map((one) => [nameOf(one), one]));
    known.set(findings, compositions);
    return rows.flatMap((row): Parts[] => {
      const composition = compositions.get(nameOf(row));
      return composition === undefined ? [] : [{ row, composition }];
    });
  });
  if (all.length === 0) return '';
  const few = all.flatMap(({ rows }) => rows).length <= MAX_ROWS;
  const shown = few ? all : all.map(({ rows, ...rest }) => ({ ...rest, rows: smallestAndLargest(rows) }));
  const rows = shown.flatMap((one) => one.rows);
  const columns = COLUMNS.filter(({ of }) => of === undefined || rows.some((one) => of(one) !== undefined));
  return [
    lead(
      'Copy, graph and fetch are timed by the clock of the device in a separate pass; host is the rest of a step.',
      few ? '' : 'Only the smallest and the largest batch sizes are listed; the record has all of them.',
    ),
    tableOf('Parts of a step', columns, shown),
  ];
}

function smallestAndLargest(rows: readonly Parts[]): readonly Parts[] {
  const ends = [rows[0]!.row.batch, rows.at(-1)!.row.batch];
  return rows.filter(({ row }) => ends.includes(row.batch));
}

type PartColumn = HtmlColumn<Parts> & { readonly of?: (parts: Parts) => number | undefined };

/** A column for a part of a step: its time and its share of the step. */
function part(head: string, of: (parts: Parts) => number | undefined): PartColumn {
  const cell = (one: Parts) => {
    const ns = of(one);
    if (ns === undefined) return '–';
    if (ns === 0) return '0';
    return html`${formatDuration(ns)} <i>${Math.round((ns / one.row.stepNs.median) * 100)} %</i>`;
  };
  return { head, align: 'right', cell, of };
}

const COLUMNS: readonly PartColumn[] = [
  { head: 'batch', align: 'right', cell: ({ row }) => formatInteger(row.batch) },
  { head: 'strategy', align: 'left', cell: ({ row }) => row.strategy, kind: ({ row }) => row.strategy },
  { head: 'step', align: 'right', cell: ({ row }) => formatDuration(row.stepNs.median) },
  part('copy', ({ row }) => row.phasesNs?.copy),
  part('graph', ({ row }) => row.phasesNs?.graph),
  part('fetch', ({ row }) => row.phasesNs?.fetch),
  part('host', ({ row }) => row.phasesNs?.host),
  part('fixed cost (fit)', ({ composition }) => composition.fixedNs),
  part('pinbench itself', ({ composition }) => composition.ownNs),
];

/** A section for each panel that has rows, with a heading if there are several panels. */
function sectionsOf<Row>(panels: readonly Panel[], of: (panel: Panel) => readonly Row[]): Section<Row>[] {
  return panels.flatMap((panel) => {
    const rows = of(panel);
    return rows.length === 0 ? [] : [{ ...(panel.title !== '' && { heading: panel.title }), rows }];
  });
}
