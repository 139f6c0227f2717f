import { PinbenchError } from '../errors.js';
import { haveOtherData } from '../record/other-data.js';
import type { RunRecord } from '../record/schema.js';
import { holm, type Shift, smallestP, twoSampleShift } from '../stats/two-sample.js';
import { counted, formatPercent } from '../units.js';
import type { Metric } from '../words.js';
import { mustBeComparable, mustHaveMeasured } from './guard.js';
import { type Key, keyFor, type RowSamples, samplesOf } from './samples.js';
import { COMPARISON_SCHEMA, type Regression, type RegressionRow, type Source } from './schema.js';
import { ALPHA, judge, remedyOf } from './verdict.js';

/** A record and its path, which errors use to name it. */
export type PathAndRecord = readonly [path: string, record: RunRecord];

/** How two sides are compared. */
export interface CompareOptions {
  /** Only a larger change counts, in percent. */
  readonly thresholdPercent: number;
  readonly metric: Metric;
  readonly ignoreDevice: boolean;
}

/** With this many processes per side, each process is one sample, so the interval includes the differences between processes. */
export const PROCESSES_A_SIDE = 4;
/**
 * The smallest change, in percent, that is called regressed or improved with fewer processes, since the noise between processes is
 * then unknown. Medians of the same code have been observed to differ this much from process to process on shared machines.
 */
export const MIN_REPORTED_PERCENT: Readonly<Record<Metric, number>> = { step: 25, speedup: 10 };

/**
 * Compares records with their baseline, row by row, by the Hodges–Lehmann shift of log costs. The samples are the medians of the
 * processes if these can show a change: with four processes or more on both sides, and more if there are many rows, because p is
 * corrected for their number. Otherwise the samples are all rounds, which cannot show a small change. `judge` turns the
 * shift into a verdict. The samples of several records of a side are pooled; a row that not every head measured is missing. Throws a
 * `PinbenchError` of code `baseline` if the sides are not comparable.
 */
export function compareRecords(
  bases: readonly PathAndRecord[],
  heads: readonly PathAndRecord[],
  options: CompareOptions,
): Regression {
  const { metric, thresholdPercent } = options;
  for (const side of [bases, heads]) mustDiffer(side);
  for (const head of heads) mustHaveMeasured(...head);
  for (const other of [...bases, ...heads.slice(1)]) mustBeComparable(other, heads[0]!, options.ignoreDevice);
  const [baseRecords, headRecords] = [recordsOf(bases), recordsOf(heads)];
  const keyOf = keyFor(baseRecords, headRecords);
  const before = samplesOf(baseRecords, metric, keyOf);
  const after = samplesOf(headRecords, metric, keyOf);
  const whole = new Map([...after].filter(([, { records }]) => records === heads.length));
  const common = [...whole.keys()].filter((key) => before.has(key));
  if (common.length === 0) {
    throw new PinbenchError('baseline', {
      subject: bases.map(([path]) => path).join(', '),
      observed: `no row in common with ${heads.map(([path]) => path).join(', ')}`,
      expected: `a row with the same engine, strategy, batch and work in every record${metric === 'speedup' ? ', with feed in the same case' : ''}`,
    });
  }
  const pairs = common.map((key) => [before.get(key)!, whole.get(key)!] as const);
  const gone = [...before].filter(([key]) => !whole.has(key));
  const added = [...after].filter(([key]) => !before.has(key));
  const skipped = skippedIn(headRecords, keyOf);
  const absence = (key: string) => {
    const present = after.get(key)?.records ?? 0;
    const where =
      present === 0 ? 'not in the head' : `missing from ${heads.length - present} of ${heads.length} heads`;
    return skipped.get(key) ?? `the row${metric === 'step' ? '' : ' or its feed'} is ${where}`;
  };
  return {
    schema: COMPARISON_SCHEMA,
    metric,
    thresholdPercent,
    bases: bases.map(sourceOf),
    heads: heads.map(sourceOf),
    otherData: haveOtherData([...baseRecords, ...headRecords]),
    rows: [
      ...judged(pairs, options),
      ...gone.map(([key, { row, middle }]): RegressionRow => {
        return { ...row, base: middle, verdict: 'missing', note: absence(key) };
      }),
      ...added.map(([, { row, middle }]): RegressionRow => ({ ...row, head: middle, verdict: 'new' })),
    ],
  };
}

/** Throws `baseline` if a side has a record twice, because a copy of a measurement is not another measurement. */
function mustDiffer(side: readonly PathAndRecord[]): void {
  const seen = new Map<string, string>();
  for (const [path, record] of side) {
    const text = JSON.stringify(record);
    const before = seen.get(text);
    if (before !== undefined) {
      throw new PinbenchError('baseline', {
        subject: path,
        observed: before === path ? 'given twice' : `a copy of ${before}`,
        expected: 'each record once',
      });
    }
    seen.set(text, path);
  }
}

function recordsOf(side: readonly PathAndRecord[]): RunRecord[] {
  return side.map(([, record]) => record);
}

function judged(
  pairs: readonly (readonly [base: RowSamples, head: RowSamples])[],
  { metric, thresholdPercent }: CompareOptions,
): RegressionRow[] {
  const isKnown = ([base, head]: readonly [RowSamples, RowSamples]) =>
    Math.min(base.levels.length, head.levels.length) >= PROCESSES_A_SIDE &&
    smallestP(base.levels.length, head.levels.length) * pairs.length < ALPHA;
  const shifts = pairs.map((pair) => {
    const [base, head] = pair.map(({ levels, costs }) => (isKnown(pair) ? levels : costs));
    return twoSampleShift(base!, head!);
  });
  const corrected = holm(shifts.map(({ p }) => p));
  // A speedup is the reciprocal of its cost.
  const ratioOf = (cost: number) => Math.exp(metric === 'step' ? cost : -cost);
  return pairs.map((pair, i) => {
    const [[base, head], shift] = [pair, shifts[i]!];
    const [lo, hi] = shift.ci95?.map(ratioOf).sort((a, b) => a - b) ?? [];
    const known = isKnown(pair);
    return {
      ...head.row,
      ...(base.row.work !== head.row.work && { baseWork: base.row.work }),
      base: base.middle,
      head: head.middle,
      change: ratioOf(shift.shift),
      ci95: lo === undefined || hi === undefined ? null : [lo, hi],
      p: corrected[i]!,
      ...(known
        ? conclusion(shift, corrected[i]!, thresholdPercent, Math.min(base.levels.length, head.levels.length))
        : unknownNoise(shift, corrected[i]!, thresholdPercent, metric, fewWords([base, head], pairs.length))),
    };
  });
}

/** The verdict if both sides have enough processes. */
function conclusion(
  shift: Shift,
  p: number,
  thresholdPercent: number,
  processes: number,
): Pick<RegressionRow, 'verdict' | 'note'> {
  const verdict = judge(shift.ci95, p, thresholdPercent);
  if (verdict !== 'inconclusive') return { verdict };
  return { verdict, note: remedyOf(shift, processes, thresholdPercent) };
}

/** The verdict if a side has too few processes. Only a change larger than the usual difference between processes is called. */
function unknownNoise(
  { ci95 }: Shift,
  p: number,
  thresholdPercent: number,
  metric: Metric,
  few: string,
): Pick<RegressionRow, 'verdict' | 'note'> {
  if (ci95 === null)
    return {
      verdict: 'inconclusive',
      note: 'too few rounds for a 95 % interval: measure more, or use pinbench ab',
    };
  const least = Math.max(thresholdPercent, MIN_REPORTED_PERCENT[metric]);
  const verdict = judge(ci95, p, least);
  if (verdict === 'regressed' || verdict === 'improved') return { verdict };
  return {
    verdict: 'inconclusive',
    note: `${few}, a change under ${formatPercent(least)} cannot be distinguished from noise between processes, and this interval reaches below that: use pinbench ab or run --processes`,
  };
}

/** The sides of a row that have too few processes, in words. */
function fewWords([base, head]: readonly [RowSamples, RowSamples], rows: number): string {
  const processes = Math.min(base.levels.length, head.levels.length);
  return processes < PROCESSES_A_SIDE
    ? `with fewer than ${PROCESSES_A_SIDE} processes per side`
    : `with ${processes} processes per side and ${counted(rows, 'row')}`;
}

/** The reasons for the rows that a head skipped, by the key that rows are matched by. */
export function skippedIn(heads: readonly RunRecord[], keyOf: Key): Map<string, string> {
  const skipped = heads.flatMap(({ results }) => results).filter((result) => result.status === 'skipped');
  return new Map(skipped.map((result) => [keyOf(result), `skipped: ${result.reason}`]));
}

/** The description of a record in a comparison. */
export function sourceOf([path, { startedAt, complete, environment }]: PathAndRecord): Source {
  const { git, devices } = environment;
  return {
    path,
    startedAt,
    complete,
    ...(git && { commit: `${git.commit}${git.dirty ? ', changed' : ''}` }),
    devices: devices.map(({ engine, name }) => `${engine}: ${name}`),
  };
}
