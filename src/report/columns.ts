import type { Comparison, MeasuredResult } from '../record/schema.js';
import { shortenedInMiddle } from '../text.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatInteger,
  formatRatio,
  formatRatios,
} from '../units.js';
import { type Column, left, right } from './layout.js';
import type { Named } from './named.js';
import type { Row } from './sections.js';

/** Characters of a record's name in a table; the lines under the table show the whole name. */
const [NAME_WIDTH, BRIEF_NAME_WIDTH] = [20, 10];

/**
 * The columns of the table: engine, work and record name only if there are several. A narrow terminal drops bytes/s first, then
 * rows/s, copied/step, setup and the interval of the step time, and last the interval of the speedup.
 */
export function columnsOf(records: readonly Named[]): Column<Row>[] {
  const works = new Set(records.flatMap(({ record }) => record.plan.works));
  const engines = records.length === 1 ? records[0]!.record.environment.devices : [];
  return [
    ...(engines.length > 1 ? [left('engine', ({ result }: Row) => result.engine)] : []),
    right('batch', ({ result }) => formatInteger(result.batch)),
    ...(works.size > 1 ? [right('work', ({ result }: Row) => formatInteger(result.work))] : []),
    left('strategy', ({ result }) => result.strategy),
    right(
      'step',
      measured((r) => formatDuration(r.stepNs.median), 'skipped'),
    ),
    { ...spreadOf(records), expendable: 1 },
    {
      ...right(
        'rows/s',
        measured((r) => formatCount(r.rowsPerSecond)),
      ),
      expendable: 4,
    },
    {
      ...right(
        'bytes/s',
        measured((r) => `${formatBytes(r.bytesPerSecond)}/s`),
      ),
      expendable: 5,
    },
    {
      ...right(
        'copied/step',
        measured((r) => formatBytes(r.h2dBytesPerStep)),
      ),
      expendable: 3,
    },
    {
      ...right(
        'setup',
        measured((r) => formatDuration(r.allocateNs + r.setupNs)),
      ),
      expendable: 2,
    },
    {
      ...left('against feed', againstFeed(ratioWithInterval)),
      brief: { head: 'speedup', cell: againstFeed(({ speedup }) => `${formatRatio(speedup)}×`) },
      colour: ({ comparison }, paint) => {
        if (comparison?.verdict === 'faster') return paint.green;
        return comparison?.verdict === 'slower' ? paint.red : paint.dim;
      },
    },
    ...(records.length > 1
      ? [
          {
            ...left('record', ({ name }: Row) => shortenedInMiddle(name, NAME_WIDTH)),
            brief: { head: 'record', cell: ({ name }: Row) => shortenedInMiddle(name, BRIEF_NAME_WIDTH) },
          },
        ]
      : []),
  ];
}

/** The uncertainty of a step time: half the width of its interval, or with several processes the range of their medians. */
function spreadOf(records: readonly Named[]): Column<Row> {
  const interval = ({ stepNs: { median, ci95 } }: MeasuredResult) =>
    ci95 === null ? '–' : halfWidth(median, ci95);
  const several = records.some(({ record }) => (record.plan.processes ?? 1) > 1);
  if (!several) return right('95 %', measured(interval));
  return right(
    'range',
    measured((result) => result.stepNs.range?.map(formatDuration).join('–') ?? interval(result)),
  );
}

function measured(cell: (result: MeasuredResult) => string, otherwise = ''): Column<Row>['cell'] {
  return ({ result }) => (result.status === 'measured' ? cell(result) : otherwise);
}

/** Half the width of an interval as a share of the median: `±1.2 %`. */
function halfWidth(median: number, [lo, hi]: readonly [number, number]): string {
  return `±${(((hi - lo) / 2 / median) * 100).toFixed(1)} %`;
}

function againstFeed(worded: (comparison: Comparison) => string): Column<Row>['cell'] {
  return ({ result, comparison }) => {
    if (comparison !== undefined) return worded(comparison);
    return result.strategy === 'feed' && result.status === 'measured' ? 'baseline' : '';
  };
}

function ratioWithInterval({ speedup, ci95 }: Comparison): string {
  const [shown, lo, hi] = formatRatios(speedup, ...(ci95 ?? []));
  return ci95 === null ? `${shown}×` : `${shown}× (${lo}–${hi})`;
}
