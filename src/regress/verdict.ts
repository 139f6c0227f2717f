import { EXIT } from '../errors.js';
import type { Interval } from '../stats/interval.js';
import { MIN_SAMPLES_A_SIDE, type Shift } from '../stats/two-sample.js';
import type { Failure, RegressionVerdict } from '../words.js';

/** Significance level: with a larger p, no change is reported. */
export const ALPHA = 0.05;
/** No advice names more processes than this: nobody would wait for them to settle a change so close to the threshold. */
const TOO_MANY_PROCESSES = 1000;

/**
 * The verdict on the shift of a row's log costs for a threshold in percent: `regressed` or `improved` if the whole 95 % interval
 * lies beyond the threshold and p, corrected for the number of rows, is under 5 %; `same` if the interval lies within the threshold.
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

/** What would settle an inconclusive row that has `processes` processes per side. The interval narrows with their square root. */
export function remedyOf({ shift, ci95 }: Shift, processes: number, thresholdPercent: number): string {
  if (ci95 === null)
    return `${processes} processes per side are too few; at least ${MIN_SAMPLES_A_SIDE} are needed`;
  const most = Math.log1p(thresholdPercent / 100);
  const distance = Math.min(Math.abs(shift - most), Math.abs(shift + most));
  const halfWidth = (ci95[1] - ci95[0]) / 2;
  const needed = Math.max(2 * processes, processes * (halfWidth / distance) ** 2);
  if (!(needed <= TOO_MANY_PROCESSES)) {
    return 'too close to the threshold to be settled by more processes: choose another --threshold';
  }
  return `about ${roundUp(needed)} processes per side would settle it; there are ${processes}`;
}

/** Rounds up to two significant digits. */
function roundUp(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return Math.ceil(count / unit) * unit;
}

const FAILURES: Partial<Record<RegressionVerdict, Failure>> = {
  regressed: 'regression',
  missing: 'missing',
  inconclusive: 'inconclusive',
};

/** The kind of failure that a verdict represents, which `--fail-on` selects; `undefined` for verdicts that never fail. */
export function failureOf(verdict: RegressionVerdict): Failure | undefined {
  return FAILURES[verdict];
}

/** The exit code of a comparison in which the kinds of failure in `failOn` count. */
export function exitOf(
  rows: readonly { readonly verdict: RegressionVerdict }[],
  failOn: readonly Failure[],
): number {
  const failures = rows.map(({ verdict }) => failureOf(verdict));
  const fails = (failure: Failure) => failOn.includes(failure) && failures.includes(failure);
  if (fails('regression') || fails('missing')) return EXIT.regression;
  return fails('inconclusive') ? EXIT.inconclusive : EXIT.ok;
}
