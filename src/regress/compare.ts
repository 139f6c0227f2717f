import { median } from 'simple-statistics';
import { PinbenchError, usageError } from '../errors.js';
import type { MeasuredResult, Result, RunRecord } from '../record/schema.js';
import type { Interval } from '../stats/interval.js';
import { holm, MIN_SAMPLES_A_SIDE, twoSampleShift } from '../stats/two-sample.js';
import type { Metric, RegressionVerdict } from '../words.js';
import { mustBeComparable, mustHaveMeasured } from './guard.js';

/** A record, and the path errors call it by. */
export type PathAndRecord = readonly [path: string, record: RunRecord];

/** How two records are compared. */
export interface CompareOptions {
  /** A change beyond it counts, in percent. `auto`: what the bases differ by among themselves, 1 % at least; takes several. */
  readonly thresholdPercent: number | 'auto';
  readonly metric: Metric;
  readonly ignoreDevice: boolean;
}

/** One row of both records, or of one. */
export interface RegressionRow {
  readonly engine: string;
  readonly strategy: string;
  readonly batch: number;
  readonly work: number;
  /** Where it is another than the head's. */
  readonly baseWork?: number;
  /** Medians: ns a step, or the speedup over feed. */
  readonly base?: number;
  readonly head?: number;
  /** Head over base: of times, above 1 is slower; of speedups, below 1 is. Absent where one of them lacks the row. */
  readonly change?: number;
  readonly ci95?: Interval | null;
  /** Of the Mann–Whitney test, corrected for the number of rows (Holm). */
  readonly p?: number;
  readonly verdict: RegressionVerdict;
  /** Beyond which a change of this row counts. */
  readonly thresholdPercent?: number;
  /** What would settle it, or why there is nothing to compare. */
  readonly note?: string;
}

/** What comparing two records came to. */
export interface Regression {
  readonly metric: Metric;
  readonly thresholdPercent: number | 'auto';
  readonly rows: readonly RegressionRow[];
}

const ALPHA = 0.05;

/**
 * Compares a record with its baseline, row by row: by the shift of the logs of the rounds' samples (Hodges–Lehmann), which are
 * not paired between two runs. A row is `regressed` where the whole 95 % interval of the change lies beyond the threshold and
 * p, corrected for the number of rows, is under 5 %. The samples of several bases are taken together. Throws `baseline` where
 * they cannot be compared.
 */
export function compareRecords(
  bases: readonly PathAndRecord[],
  head: PathAndRecord,
  options: CompareOptions,
): Regression {
  const { metric, thresholdPercent } = options;
  mustHaveMeasured(...head);
  for (const base of bases) mustBeComparable(base, head, options.ignoreDevice);
  if (thresholdPercent === 'auto' && bases.length < 2) {
    throw usageError('--threshold', '"auto" with one base', {
      expected: 'several, whose spread it is taken from',
    });
  }
  // Where each record has one work, it is how heavy the model was, and a heavier one is a slowdown like any other.
  const keyOf = [...bases, head].some(([, { plan }]) => plan.works.length > 1) ? withWork : withoutWork;
  const before = together(bases.map(([, record]) => rowsOf(record, metric, keyOf)));
  const after = rowsOf(head[1], metric, keyOf);
  const common = [...after.keys()].filter((key) => before.has(key));
  if (common.length === 0) {
    throw new PinbenchError('baseline', {
      subject: bases.map(([path]) => path).join(', '),
      observed: `no row in common with ${head[0]}`,
      expected: 'a row of the same engine, strategy, batch and work that both measured',
    });
  }
  const compared = common.map((key) => compareRow(before.get(key)!, after.get(key)!));
  const corrected = holm(compared.map(({ p }) => p));
  const rows = compared.map(({ row, ...rest }, i) => judged(row, { ...rest, p: corrected[i]! }, options));
  const missing = [...before].filter(([key]) => !after.has(key));
  const added = [...after].filter(([key]) => !before.has(key));
  return {
    metric,
    thresholdPercent,
    rows: [
      ...rows,
      ...missing.map(([, sample]): RegressionRow => {
        const note = skipReason(head[1], sample) ?? 'not in the head';
        return { ...sample.row, base: sample.middle, verdict: 'missing', note };
      }),
      ...added.map(([, { row, middle }]): RegressionRow => ({ ...row, head: middle, verdict: 'new' })),
    ],
  };
}

interface Sample {
  readonly row: Pick<RegressionRow, 'engine' | 'strategy' | 'batch' | 'work'>;
  /** The median, as people read it. */
  readonly middle: number;
  /** Logs of what is to be small: times, or one over the speedup. */
  readonly costs: readonly number[];
  /** Of several records taken together, the largest ratio of two of their medians; 1 of one. */
  readonly spread: number;
}

/** The same rows of several records, their samples taken together. */
function together(records: readonly Map<string, Sample>[]): Map<string, Sample> {
  const rows = new Map<string, Sample>();
  for (const key of new Set(records.flatMap((record) => [...record.keys()]))) {
    const samples = records.flatMap((record) => record.get(key) ?? []);
    const middles = samples.map(({ middle }) => middle);
    rows.set(key, {
      row: samples[0]!.row,
      middle: median(middles),
      costs: samples.flatMap(({ costs }) => costs),
      spread: Math.max(...middles) / Math.min(...middles),
    });
  }
  return rows;
}

/** The rows a record measured, by what they are matched on. */
function rowsOf({ results }: RunRecord, metric: Metric, keyOf: Key): Map<string, Sample> {
  const measured = results.filter((result): result is MeasuredResult => result.status === 'measured');
  const rows = new Map<string, Sample>();
  for (const result of measured) {
    const { engine, strategy, batch, work, samplesNs } = result;
    const row = { engine, strategy, batch, work };
    if (metric === 'step') {
      rows.set(keyOf(result), { row, middle: median(samplesNs), costs: samplesNs.map(Math.log), spread: 1 });
      continue;
    }
    const feed = measured.find((other) => withWork(other) === withWork({ ...row, strategy: 'feed' }));
    if (strategy === 'feed' || feed === undefined) continue;
    // Rounds of one run are paired: a ratio a round, in which what slows both cancels.
    const costs = samplesNs.map((ns, round) => Math.log(ns / feed.samplesNs[round]!));
    rows.set(keyOf(result), { row, middle: Math.exp(-median(costs)), costs, spread: 1 });
  }
  return rows;
}

type Key = (row: Pick<Result, 'engine' | 'strategy' | 'batch' | 'work'>) => string;
const withoutWork: Key = ({ engine, strategy, batch }) => `${engine} ${strategy} ${batch}`;
const withWork: Key = (row) => `${withoutWork(row)} ${row.work}`;

interface Compared {
  readonly row: Sample['row'] & Pick<RegressionRow, 'baseWork'>;
  readonly base: number;
  readonly head: number;
  /** Of the costs: above 1 is worse. */
  readonly cost: number;
  readonly interval: Interval | null;
  readonly p: number;
  readonly samples: number;
  /** Of the bases. */
  readonly spread: number;
}

function compareRow(base: Sample, head: Sample): Compared {
  const { shift, ci95, p } = twoSampleShift(base.costs, head.costs);
  return {
    row: base.row.work === head.row.work ? head.row : { ...head.row, baseWork: base.row.work },
    base: base.middle,
    head: head.middle,
    cost: Math.exp(shift),
    interval: ci95 && [Math.exp(ci95[0]), Math.exp(ci95[1])],
    p,
    samples: Math.min(base.costs.length, head.costs.length),
    spread: base.spread,
  };
}

function judged(
  row: Compared['row'],
  { base, head, cost, interval, p, samples, spread }: Omit<Compared, 'row'>,
  { metric, thresholdPercent: asked }: CompareOptions,
): RegressionRow {
  const thresholdPercent = asked === 'auto' ? Math.max(1, (spread - 1) * 100) : asked;
  const verdict = verdictOf(interval, p, 1 + thresholdPercent / 100);
  const few = samples < MIN_SAMPLES_A_SIDE;
  const note = few
    ? `${samples} rounds a side are too few, it takes ${MIN_SAMPLES_A_SIDE}`
    : 'more rounds may tell: --epochs or --until';
  // A speedup is one over its cost.
  const seen: Interval | null =
    interval && (metric === 'step' ? interval : [1 / interval[1], 1 / interval[0]]);
  return {
    ...row,
    base,
    head,
    change: metric === 'step' ? cost : 1 / cost,
    ci95: few ? null : seen,
    p,
    thresholdPercent,
    verdict,
    ...(verdict === 'inconclusive' && { note }),
  };
}

function verdictOf(interval: Interval | null, p: number, most: number): RegressionVerdict {
  if (interval === null) return 'inconclusive';
  const [lo, hi] = interval;
  if (lo > most && p < ALPHA) return 'regressed';
  if (hi < 1 / most && p < ALPHA) return 'improved';
  return lo >= 1 / most && hi <= most ? 'same' : 'inconclusive';
}

function skipReason({ results }: RunRecord, { row }: Sample): string | undefined {
  const there = results.find((result) => withWork(result) === withWork(row as Result));
  return there?.status === 'skipped' ? `skipped: ${there.reason}` : undefined;
}
