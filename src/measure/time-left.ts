import type { Settings } from '../options.js';
import { WARM_UP_NS } from '../options.js';
import type { Plan } from '../plan/plan.js';
import { roundsOf } from './blocks.js';
import type { RoundPlan, RoundsSoFar } from './rounds.js';
import { VERIFY_NS } from './timing.js';

/** The total size of some cases. The unit is arbitrary, because sizes are only compared with each other. */
interface Cases {
  readonly size: number;
}

/** The known times of the cases of a run. */
export interface CaseTimes {
  /** The finished cases and their total time, ns. */
  readonly done: Cases & { readonly ns: number };
  /** The current case: the time that it has taken, and its own estimate of the time left if it has one, ns. */
  readonly present: Cases & { readonly spentNs: number; readonly leftNs: number | undefined };
  readonly later: Cases;
}

/**
 * The remaining time of a run, ns; `undefined` while it is unknown. Later cases are assumed to take, in proportion to their size,
 * as long as the finished ones, or as the current one if none is finished. The remaining budget `budgetLeftNs` is an upper bound.
 * Without `cases` the budget alone decides, since time that a case leaves is given to the others.
 */
export function timeLeftNs(
  budgetLeftNs: number | undefined,
  cases: CaseTimes | undefined,
): number | undefined {
  const casesNs = cases && casesLeftNs(cases);
  const known = [budgetLeftNs, casesNs].filter((ns) => ns !== undefined && Number.isFinite(ns)) as number[];
  return known.length === 0 ? undefined : Math.max(0, Math.min(...known));
}

function casesLeftNs({ done, present, later }: CaseTimes): number | undefined {
  const { spentNs, size } = present;
  if (done.size > 0) {
    const sizeNs = done.ns / done.size;
    return (present.leftNs ?? Math.max(0, sizeNs * size - spentNs)) + sizeNs * later.size;
  }
  if (present.leftNs === undefined) return undefined;
  return present.leftNs + ((spentNs + present.leftNs) / size) * later.size;
}

/** Upper bound of the time left in the rounds of a case, ns. A round is expected to take `expectedNs` while none has finished. */
export function roundsLeftNs(
  { least, most, endNs }: RoundPlan,
  { round, startNs, roundStartNs }: RoundsSoFar,
  expectedNs: number,
  nowNs: number,
): number {
  const roundNs = round > 0 ? (roundStartNs - startNs) / round : expectedNs;
  const leftOf = (rounds: number) =>
    rounds === Infinity ? Infinity : Math.max(0, (rounds - round) * roundNs - (nowNs - roundStartNs));
  return Math.min(leftOf(most), Math.max(leftOf(least), endNs - nowNs));
}

/** The finished share of a case's rounds or of their time, whichever is larger. */
export function doneShare(
  { most, endNs }: RoundPlan,
  { round, startNs }: RoundsSoFar,
  nowNs: number,
): number {
  const ofTime = endNs > startNs ? (nowNs - startNs) / (endNs - startNs) : 1;
  return Math.min(1, Math.max(round / most, ofTime));
}

/** The time before the rounds of a case of `rows` rows, ns, for verification and warm-up, if an epoch takes `epochNs`. */
export function beforeRoundsNs({ warmup }: Settings, rows: number, epochNs: number): number {
  const { least, most } = WARM_UP_NS;
  const warmUpNs = warmup === 0 ? 0 : Math.min(most, Math.max(least, warmup * epochNs));
  return rows * (Math.min(VERIFY_NS, epochNs) + warmUpNs);
}

/** The time of a case of `rows` rows that measures `epochs` epochs, ns, at `stepNs` per step. */
export function plannedCaseNs(
  { stepsPerEpoch }: Plan,
  settings: Settings & { readonly epochs: number },
  rows: number,
  stepNs: number,
): number {
  const { epochs, minTimeNs } = settings;
  const rounds = roundsOf(epochs);
  const epochNs = stepsPerEpoch * stepNs;
  const blockNs = Math.max(minTimeNs, (epochs / rounds) * epochNs);
  return beforeRoundsNs(settings, rows, epochNs) + rows * rounds * blockNs;
}
