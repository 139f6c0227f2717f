import { median } from 'simple-statistics';
import { PinbenchError } from '../errors.js';
import { haveOtherData } from '../record/other-data.js';
import type { RunRecord } from '../record/schema.js';
import { signedRankShift } from '../stats/signed-rank.js';
import { counted } from '../units.js';
import { METRICS, type Metric } from '../words.js';
import { skippedIn, sourceOf } from './compare.js';
import { mustBeComparable, mustHaveMeasured } from './guard.js';
import { PAIRS_SCHEMA, type PairsComparison, type PairsRow } from './pairs-schema.js';
import { keyFor, type RowSamples, samplesOf } from './samples.js';
import { judge } from './verdict.js';

/** The records of a pair of processes, one of each side. */
export interface Pair {
  /** Absent if there is no base. */
  readonly base?: RunRecord;
  readonly head: RunRecord;
}

/** The folders of the two sides, which errors and the report use as names. */
export interface SideNames {
  readonly base: string;
  readonly head: string;
}

/**
 * Judges one or more pairs of processes. For each row it estimates the change by the Hodges–Lehmann estimate of the pairs' log
 * ratios with the exact signed-rank interval, which includes the differences between processes. Throws a `PinbenchError` of code
 * `baseline` if the sides are not comparable.
 */
export function comparePairs(
  pairs: readonly Pair[],
  names: SideNames,
  {
    thresholdPercent,
    metrics = METRICS,
    lost = [],
    inTurns = false,
    complete = true,
  }: {
    readonly thresholdPercent: number;
    readonly metrics?: readonly Metric[];
    readonly lost?: readonly string[];
    readonly inTurns?: boolean;
    readonly complete?: boolean;
  },
): PairsComparison {
  const [first] = pairs;
  mustHaveMeasured(names.head, first!.head);
  const { base } = first!;
  const reference = [names.head, first!.head] as const;
  for (const { base, head } of pairs) {
    mustBeComparable([names.head, head], reference, undefined);
    if (base !== undefined) mustBeComparable([names.base, base], reference, undefined);
  }
  const rows = metrics.flatMap((metric) => rowsOf(pairs, metric, thresholdPercent));
  if (base !== undefined && rows.every(({ verdict }) => verdict === 'missing' || verdict === 'new')) {
    throw new PinbenchError('baseline', {
      subject: names.base,
      observed: `no row in common with ${names.head}`,
      expected: 'a row with the same engine, strategy, batch and work on both sides',
    });
  }
  return {
    schema: PAIRS_SCHEMA,
    ...{ thresholdPercent, pairs: pairs.length, inTurns, lost: [...lost], complete },
    ...(base && { base: sourceOf([names.base, base]) }),
    head: sourceOf([names.head, first!.head]),
    otherData: haveOtherData(pairs.flatMap(({ base, head }) => (base === undefined ? [head] : [base, head]))),
    rows,
  };
}

function rowsOf(pairs: readonly Pair[], metric: Metric, thresholdPercent: number): PairsRow[] {
  const keyOf = keyFor(
    pairs.flatMap(({ base }) => base ?? []),
    pairs.map(({ head }) => head),
  );
  const sides = pairs.map(({ base, head }) => ({
    before: samplesOf(base === undefined ? [] : [base], metric, keyOf),
    after: samplesOf([head], metric, keyOf),
  }));
  const keys = new Set(sides.flatMap(({ before, after }) => [...before.keys(), ...after.keys()]));
  const skipped = skippedIn(
    pairs.map(({ head }) => head),
    keyOf,
  );
  return [...keys].map((key) => {
    const samples = sides.map(({ before, after }) => ({ before: before.get(key), after: after.get(key) }));
    return rowOf(samples, metric, thresholdPercent, skipped.get(key));
  });
}

/**
 * The change of a row's log cost between the processes of a pair. Of step times it is the median of the changes of its rounds, because
 * rounds of the same number ran one after the other. A speedup is already a ratio of times that were measured together, and so it is the
 * change of the medians, which has less noise.
 */
function shiftBetween(before: RowSamples, after: RowSamples, metric: Metric): number {
  if (metric === 'speedup' || before.costs.length !== after.costs.length)
    return after.levels[0]! - before.levels[0]!;
  return median(after.costs.map((cost, round) => cost - before.costs[round]!));
}

type PairedSamples = readonly {
  readonly before: RowSamples | undefined;
  readonly after: RowSamples | undefined;
}[];

function rowOf(
  samples: PairedSamples,
  metric: Metric,
  thresholdPercent: number,
  whySkipped: string | undefined,
): PairsRow {
  const bases = samples.flatMap(({ before }) => before ?? []);
  const heads = samples.flatMap(({ after }) => after ?? []);
  const { row } = (heads[0] ?? bases[0])!;
  const known = { metric, ...row };
  const middle = (side: readonly RowSamples[]) => median(side.map((one) => one.middle));
  const gone = samples.filter(({ before, after }) => before !== undefined && after === undefined).length;
  if (gone > 0) {
    const where =
      gone === samples.length ? 'in any pair' : `in ${gone} of ${counted(samples.length, 'pair')}`;
    const note = `the head did not measure this row ${where}${whySkipped === undefined ? '' : ` (${whySkipped})`}`;
    return { ...known, base: middle(bases), verdict: 'missing', note };
  }
  if (bases.length === 0) return { ...known, head: middle(heads), verdict: 'new' };
  const shifts = samples.flatMap(({ before, after }) =>
    before === undefined || after === undefined ? [] : [shiftBetween(before, after, metric)],
  );
  if (shifts.length === 0)
    return { ...known, verdict: 'inconclusive', note: 'no pair measured this row on both sides' };
  const { shift, ci95 } = signedRankShift(shifts);
  // A speedup is the reciprocal of its cost.
  const ratioOf = (cost: number) => Math.exp(metric === 'step' ? cost : -cost);
  const [lo, hi] = ci95?.map(ratioOf).sort((a, b) => a - b) ?? [];
  const verdict = judge(ci95, 0, thresholdPercent);
  const half = ci95 === null ? undefined : (ci95[1] - ci95[0]) / 2;
  // The interval need not be symmetric, and a change in either direction must stand out.
  const arm = ci95 === null ? 0 : Math.max(shift - ci95[0], ci95[1] - shift);
  return {
    ...known,
    ...{ base: middle(bases), head: middle(heads), change: ratioOf(shift) },
    ci95: lo === undefined || hi === undefined ? null : [lo, hi],
    verdict,
    ...(half !== undefined &&
      half > 0 && {
        noisePercent: Math.expm1(half) * 100,
        smallestPercent: Math.expm1(arm + Math.log1p(thresholdPercent / 100)) * 100,
      }),
    ...(verdict === 'inconclusive' && { note: remedyOf(ci95 === null, shifts.length) }),
  };
}

function remedyOf(few: boolean, pairs: number): string {
  return few
    ? `${counted(pairs, 'pair')} ${pairs === 1 ? 'is' : 'are'} too few for an interval, which needs 6: use a larger --budget or --pairs`
    : 'a larger --budget or more --pairs may settle it';
}
