import { PinbenchError, usageError } from '../errors.js';
import type { RunRecord } from '../record/schema.js';
import { predictionMargin } from '../stats/prediction.js';
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
  /** A change beyond it counts, in percent. `auto`: what runs of the bases differ by (`predictionMargin`), 1 % at least; takes several. */
  readonly thresholdPercent: number | 'auto';
  readonly metric: Metric;
  readonly ignoreDevice: boolean;
}

/** The least that `auto` comes to, in percent: what bases agree on more closely may be luck. */
const LEAST_AUTO_PERCENT = 1;
/** Within an `auto` above it, in percent, nobody would call two times the same. */
const MOST_AUTO_PERCENT = 100;

/**
 * Compares records with their baseline, row by row: by the shift of the logs of the rounds' samples (Hodges–Lehmann), which are
 * not paired between two runs; `judge` says what it means. The samples of several records of a side are taken together; a row that
 * not every head measured is missing. Throws `baseline` where the sides cannot be compared.
 */
export function compareRecords(
  bases: readonly PathAndRecord[],
  heads: readonly PathAndRecord[],
  options: CompareOptions,
): Regression {
  const { metric, thresholdPercent } = options;
  for (const head of heads) mustHaveMeasured(...head);
  for (const other of [...bases, ...heads.slice(1)]) mustBeComparable(other, heads[0]!, options.ignoreDevice);
  if (thresholdPercent === 'auto' && bases.length < 2) {
    throw usageError('--threshold', '"auto" with one base', {
      expected: 'several, whose spread it is taken from',
    });
  }
  const [baseRecords, headRecords] = [recordsOf(bases), recordsOf(heads)];
  const keyOf = keyFor(baseRecords, headRecords);
  const before = samplesOf(baseRecords, metric, keyOf);
  const after = samplesOf(headRecords, metric, keyOf);
  const whole = new Map([...after].filter(([, { levels }]) => levels.length === heads.length));
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
    const there = after.get(key)?.levels.length ?? 0;
    const where = there === 0 ? 'not in the head' : `in ${there} of ${heads.length} heads alone`;
    return skipped.get(key) ?? `it${metric === 'step' ? '' : ', or its feed,'} is ${where}`;
  };
  return {
    schema: COMPARISON_SCHEMA,
    metric,
    thresholdPercent,
    bases: bases.map(sourceOf),
    heads: heads.map(sourceOf),
    rows: [
      ...judged(pairs, options),
      ...gone.map(([key, { row, middle }]): RegressionRow => {
        return { ...row, base: middle, verdict: 'missing', note: absence(key) };
      }),
      ...added.map(([, { row, middle }]): RegressionRow => ({ ...row, head: middle, verdict: 'new' })),
    ],
  };
}

function recordsOf(side: readonly PathAndRecord[]): RunRecord[] {
  return side.map(([, record]) => record);
}

function judged(
  pairs: readonly (readonly [base: Sample, head: Sample])[],
  { metric, thresholdPercent: asked }: CompareOptions,
): RegressionRow[] {
  const shifts = pairs.map(([base, head]) => twoSampleShift(base.costs, head.costs));
  const corrected = holm(shifts.map(({ p }) => p));
  // A speedup is one over its cost.
  const ratioOf = (cost: number) => Math.exp(metric === 'step' ? cost : -cost);
  return pairs.map(([base, head], i) => {
    const shift = shifts[i]!;
    const [lo, hi] = shift.ci95?.map(ratioOf).sort((a, b) => a - b) ?? [];
    return {
      ...head.row,
      ...(base.row.work !== head.row.work && { baseWork: base.row.work }),
      base: base.middle,
      head: head.middle,
      change: ratioOf(shift.shift),
      ci95: lo === undefined || hi === undefined ? null : [lo, hi],
      p: corrected[i]!,
      ...conclusion(shift, corrected[i]!, asked, [base, head]),
    };
  });
}

function conclusion(
  shift: Shift,
  p: number,
  asked: CompareOptions['thresholdPercent'],
  [base, head]: readonly [base: Sample, head: Sample],
): Pick<RegressionRow, 'verdict' | 'thresholdPercent' | 'note'> {
  const thresholdPercent = asked === 'auto' ? spreadPercent(base) : asked;
  if (thresholdPercent === undefined) {
    return {
      verdict: 'inconclusive',
      note: 'one base alone has it: there is no spread to take a threshold from',
    };
  }
  const verdict = judge(shift.ci95, p, thresholdPercent);
  if (verdict === 'same' && asked === 'auto' && thresholdPercent > MOST_AUTO_PERCENT) {
    const note = `the bases differ so much that a change of ${formatPercent(thresholdPercent)} would not be seen: take more of them`;
    return { verdict: 'inconclusive', thresholdPercent, note };
  }
  if (verdict !== 'inconclusive') return { verdict, thresholdPercent };
  const rounds = Math.min(base.costs.length, head.costs.length);
  return { verdict, thresholdPercent, note: remedyOf(shift, rounds, thresholdPercent) };
}

/** How far from the bases one more run of the same code may lie, in percent; `undefined` of one base. */
function spreadPercent({ levels }: Sample): number | undefined {
  if (levels.length < 2) return undefined;
  return Math.max(LEAST_AUTO_PERCENT, Math.expm1(predictionMargin(levels)) * 100);
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
