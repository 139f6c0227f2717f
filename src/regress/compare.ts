import { PinbenchError } from '../errors.js';
import type { RunRecord } from '../record/schema.js';
import { holm, type Shift, twoSampleShift } from '../stats/two-sample.js';
import { formatPercent } from '../units.js';
import type { Metric } from '../words.js';
import { mustBeComparable, mustHaveMeasured } from './guard.js';
import { type Key, keyFor, type Sample, samplesOf } from './samples.js';
import { COMPARISON_SCHEMA, type Regression, type RegressionRow, type Source } from './schema.js';
import { judge, remedyOf } from './verdict.js';

/** A record, and the path errors call it by. */
export type PathAndRecord = readonly [path: string, record: RunRecord];

/** How two sides are compared. */
export interface CompareOptions {
  /** A change beyond it counts, in percent. */
  readonly thresholdPercent: number;
  readonly metric: Metric;
  readonly ignoreDevice: boolean;
}

/** With so many processes a side, what differs between processes is in the interval: each is one sample. */
export const PROCESSES_A_SIDE = 4;
/**
 * With fewer the noise between processes is unknown, and a smaller change than this is not called, in percent: medians of the same
 * code were seen to differ by so much from process to process on shared machines.
 */
export const LEAST_CALLED: Readonly<Record<Metric, number>> = { step: 25, speedup: 10 };

/**
 * Compares records with their baseline, row by row: by the shift of the logs (Hodges–Lehmann) of the processes' medians where both
 * sides have four processes or more, else of all rounds, which cannot call a small change; `judge` says what it means. The samples of
 * several records of a side are taken together; a row that not every head measured is missing. Throws `baseline` where the sides
 * cannot be compared.
 */
export function compareRecords(
  bases: readonly PathAndRecord[],
  heads: readonly PathAndRecord[],
  options: CompareOptions,
): Regression {
  const { metric, thresholdPercent } = options;
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
      expected: `a row of the same engine, strategy, batch and work that all measured${metric === 'speedup' ? ', beside its feed' : ''}`,
    });
  }
  const pairs = common.map((key) => [before.get(key)!, whole.get(key)!] as const);
  const gone = [...before].filter(([key]) => !whole.has(key));
  const added = [...after].filter(([key]) => !before.has(key));
  const skipped = skippedIn(headRecords, keyOf);
  const absence = (key: string) => {
    const there = after.get(key)?.records ?? 0;
    const where = there === 0 ? 'not in the head' : `in ${there} of ${heads.length} heads alone`;
    return skipped.get(key) ?? `it${metric === 'step' ? '' : ', or its feed,'} is ${where}`;
  };
  return {
    schema: COMPARISON_SCHEMA,
    metric,
    thresholdPercent,
    bases: bases.map(sourceOf),
    heads: heads.map(sourceOf),
    otherData: haveOtherData(baseRecords, headRecords),
    rows: [
      ...judged(pairs, options),
      ...gone.map(([key, { row, middle }]): RegressionRow => {
        return { ...row, base: middle, verdict: 'missing', note: absence(key) };
      }),
      ...added.map(([, { row, middle }]): RegressionRow => ({ ...row, head: middle, verdict: 'new' })),
    ],
  };
}

/** Sums of an epoch agree to this share, whatever the order they are added in. */
const SAME_SUM = 1e-5;

/** Whether the sums of an epoch show that the sides measured other values. A sum that is not known, or of rows drawn anew, shows nothing. */
function haveOtherData(bases: readonly RunRecord[], heads: readonly RunRecord[]): boolean {
  const sums = [...bases, ...heads].flatMap(({ plan, results }) =>
    plan.sampling === 'gather'
      ? []
      : results.flatMap((result) =>
          result.status === 'measured' && typeof result.epochSum === 'number'
            ? [{ key: `${result.batch} ${result.work}`, sum: result.epochSum }]
            : [],
        ),
  );
  const firsts = new Map(sums.toReversed().map(({ key, sum }) => [key, sum]));
  return sums.some(({ key, sum }) => {
    const first = firsts.get(key)!;
    return Math.abs(sum - first) > SAME_SUM * Math.max(Math.abs(sum), Math.abs(first));
  });
}

function recordsOf(side: readonly PathAndRecord[]): RunRecord[] {
  return side.map(([, record]) => record);
}

function judged(
  pairs: readonly (readonly [base: Sample, head: Sample])[],
  { metric, thresholdPercent }: CompareOptions,
): RegressionRow[] {
  const isKnown = ([base, head]: readonly [Sample, Sample]) =>
    Math.min(base.levels.length, head.levels.length) >= PROCESSES_A_SIDE;
  const shifts = pairs.map((pair) => {
    const [base, head] = pair.map(({ levels, costs }) => (isKnown(pair) ? levels : costs));
    return twoSampleShift(base!, head!);
  });
  const corrected = holm(shifts.map(({ p }) => p));
  // A speedup is one over its cost.
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
        : unknownNoise(shift, corrected[i]!, thresholdPercent, metric)),
    };
  });
}

/** What the processes of both sides say. */
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

/** What rounds of few processes say: only a change that is larger than processes of the same code differ by. */
function unknownNoise(
  { ci95 }: Shift,
  p: number,
  thresholdPercent: number,
  metric: Metric,
): Pick<RegressionRow, 'verdict' | 'note'> {
  const least = Math.max(thresholdPercent, LEAST_CALLED[metric]);
  const verdict = judge(ci95, p, least);
  if (verdict === 'regressed' || verdict === 'improved') return { verdict };
  return {
    verdict: 'inconclusive',
    note: `with under ${PROCESSES_A_SIDE} processes a side a change of less than ${formatPercent(least)} cannot be told from the noise between processes: pinbench ab base head, or run --processes`,
  };
}

/** The rows that a head skipped, each with the reason, by what they are matched by. */
function skippedIn(heads: readonly RunRecord[], keyOf: Key): Map<string, string> {
  const skipped = heads.flatMap(({ results }) => results).filter((result) => result.status === 'skipped');
  return new Map(skipped.map((result) => [keyOf(result), `skipped: ${result.reason}`]));
}

/** What a comparison says of a record. */
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
