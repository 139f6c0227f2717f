import { EXIT } from '../errors.js';
import type { Interval } from '../stats/interval.js';
import { MIN_SAMPLES_A_SIDE, type Shift } from '../stats/two-sample.js';
import type { Failure, RegressionVerdict } from '../words.js';

/** Above it a p says nothing. */
const ALPHA = 0.05;
/** More processes than anybody would wait for: a change that near its threshold is not worth settling. */
const TOO_MANY_PROCESSES = 1000;

/**
 * What the shift of a row's costs means beside a threshold, in percent: `regressed` or `improved` where the whole 95 % interval
 * lies beyond it and p, corrected for the number of rows, is under 5 %; `same` where the interval lies within it.
 */
export function judge(
  interval: Interval | null,
  p: number,
  thresholdPercent: number,
): Extract<RegressionVerdict, 'regressed' | 'improved' | 'same' | 'inconclusive'> {
  if (interval === null) return 'inconclusive';
  const [lo, hi] = interval;
  const most = Math.log1p(thresholdPercent / 100);
  if (lo > most && p < ALPHA) return 'regressed';
  if (hi < -most && p < ALPHA) return 'improved';
  return lo >= -most && hi <= most ? 'same' : 'inconclusive';
}

/** What would settle an inconclusive row of so many processes a side: an interval narrows with their square root. */
export function remedyOf({ shift, ci95 }: Shift, processes: number, thresholdPercent: number): string {
  if (ci95 === null)
    return `${processes} processes a side are too few, it takes ${MIN_SAMPLES_A_SIDE} at least`;
  const most = Math.log1p(thresholdPercent / 100);
  const distance = Math.min(Math.abs(shift - most), Math.abs(shift + most));
  const halfWidth = (ci95[1] - ci95[0]) / 2;
  const needed = Math.max(2 * processes, processes * (halfWidth / distance) ** 2);
  if (!(needed <= TOO_MANY_PROCESSES)) {
    return 'too near the threshold for any number of processes to settle it: choose another --threshold';
  }
  return `about ${roundUp(needed)} processes a side would settle it, not ${processes}`;
}

/** Up to two digits. */
function roundUp(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return Math.ceil(count / unit) * unit;
}

const FAILURES: Partial<Record<RegressionVerdict, Failure>> = {
  regressed: 'regression',
  missing: 'missing',
  inconclusive: 'inconclusive',
};

/** What a verdict fails a comparison by, where that is asked for. */
export function failureOf(verdict: RegressionVerdict): Failure | undefined {
  return FAILURES[verdict];
}

/** The exit code of a comparison: what of it may fail is `failOn`. */
export function exitOf(
  rows: readonly { readonly verdict: RegressionVerdict }[],
  failOn: readonly Failure[],
): number {
  const failures = rows.map(({ verdict }) => failureOf(verdict));
  const fails = (failure: Failure) => failOn.includes(failure) && failures.includes(failure);
  if (fails('regression') || fails('missing')) return EXIT.regression;
  return fails('inconclusive') ? EXIT.inconclusive : EXIT.ok;
}
