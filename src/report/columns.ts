import type { Comparison, Result, RunRecord } from '../record/schema.js';
import { formatBytes, formatCount, formatDuration, formatInteger, formatRatios } from '../units.js';

/** A result beside its comparison, where it has one. */
export interface Row {
  readonly result: Result;
  readonly comparison: Comparison | undefined;
}

/** A column of the table for people: what heads it and what it says of a row. */
export interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
  /** Where not all columns fit, those of the highest number go first; 0 never goes. */
  readonly expendable: number;
  readonly cell: (row: Row) => string;
}

/** The results of a record, in its order. */
export function rowsOf({ results, comparisons }: RunRecord): Row[] {
  return results.map((result) => ({
    result,
    comparison: comparisons.find(
      ({ engine, strategy, batch, work }) =>
        engine === result.engine &&
        strategy === result.strategy &&
        batch === result.batch &&
        work === result.work,
    ),
  }));
}

/** The columns a record needs: engine and work only where there are several. */
export function columnsOf({ environment, plan }: RunRecord): Column[] {
  return [
    ...(environment.devices.length > 1 ? [left('engine', ({ result }) => result.engine)] : []),
    right('batch', 0, ({ result }) => formatInteger(result.batch)),
    ...(plan.works.length > 1 ? [right('work', 0, ({ result }) => formatInteger(result.work))] : []),
    left('strategy', ({ result }) => result.strategy),
    right(
      'step',
      0,
      measured((r) => formatDuration(r.stepNs.median), 'skipped'),
    ),
    right(
      '95 %',
      0,
      measured(({ stepNs: { median, ci95 } }) => (ci95 === null ? '–' : halfWidth(median, ci95))),
    ),
    right(
      'p99',
      3,
      measured((r) => (r.stepNs.p99 === undefined ? '–' : formatDuration(r.stepNs.p99))),
    ),
    right(
      'rows/s',
      2,
      measured((r) => formatCount(r.rowsPerSecond)),
    ),
    right(
      'copied/step',
      1,
      measured((r) => formatBytes(r.h2dBytesPerStep)),
    ),
    right(
      'setup',
      0,
      measured((r) => formatDuration(r.setupNs)),
    ),
    left('against feed', ({ result, comparison }) =>
      comparison === undefined
        ? result.strategy === 'feed' && result.status === 'measured'
          ? 'baseline'
          : ''
        : ratio(comparison),
    ),
  ];
}

function left(head: string, cell: Column['cell']): Column {
  return { head, align: 'left', expendable: 0, cell };
}

function right(head: string, expendable: number, cell: Column['cell']): Column {
  return { head, align: 'right', expendable, cell };
}

function measured(
  cell: (result: Extract<Result, { status: 'measured' }>) => string,
  otherwise = '',
): Column['cell'] {
  return ({ result }) => (result.status === 'measured' ? cell(result) : otherwise);
}

/** Half the interval as a share of the median: `±1.2 %`. */
function halfWidth(median: number, [lo, hi]: readonly [number, number]): string {
  return `±${(((hi - lo) / 2 / median) * 100).toFixed(1)} %`;
}

function ratio({ speedup, ci95 }: Comparison): string {
  const [shown, lo, hi] = formatRatios(speedup, ...(ci95 ?? []));
  return ci95 === null ? `${shown}×` : `${shown}× (${lo}–${hi})`;
}
