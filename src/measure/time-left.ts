import { WARM_UP_NS } from '../options.js';
import type { Plan } from '../plan/plan.js';
import { roundsOf } from './blocks.js';
import type { RoundPlan, RoundsSoFar } from './rounds.js';
import { type Timing, VERIFY_NS } from './timing.js';

/** Some cases by what they take, all together. The unit is any: sizes are only compared. */
interface Cases {
  readonly size: number;
}

/** What is known of how long the cases of a run take. */
export interface CaseTimes {
  /** Those that are over, and how long they took, ns. */
  readonly done: Cases & { readonly ns: number };
  /** The present one: how long it has taken, and how much longer it will, as far as it says so itself, ns. */
  readonly present: Cases & { readonly spentNs: number; readonly leftNs: number | undefined };
  readonly later: Cases;
}

/**
 * What a run will take from now on, ns; `undefined` while nothing is known of it. The cases to come take, by their size, what those
 * took that are done, or what the present one takes where none is. A budget, of which `budgetLeftNs` are left, bounds them; without
 * `cases` it alone decides, since what a case leaves of it is given to the others.
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

/** What the rounds of a case will still take at most, ns, where one is expected to take `expectedNs` as long as none is over. */
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

/** The share of a case's rounds or of their time that is done, whichever is more. */
export function doneShare(
  { most, endNs }: RoundPlan,
  { round, startNs }: RoundsSoFar,
  nowNs: number,
): number {
  const ofTime = endNs > startNs ? (nowNs - startNs) / (endNs - startNs) : 1;
  return Math.min(1, Math.max(round / most, ofTime));
}

/** What comes before the rounds of a case of `rows` rows, ns, where an epoch takes `epochNs`: verification and warm-up. */
export function beforeRoundsNs({ warmup }: Timing, rows: number, epochNs: number): number {
  const { least, most } = WARM_UP_NS;
  const warmUpNs = warmup === 0 ? 0 : Math.min(most, Math.max(least, warmup * epochNs));
  return rows * (Math.min(VERIFY_NS, epochNs) + warmUpNs);
}

/** What a case of `rows` rows takes that measures `epochs` epochs, ns, at `stepNs` a step. */
export function plannedCaseNs(
  { stepsPerEpoch }: Plan,
  timing: Timing & { readonly epochs: number },
  rows: number,
  stepNs: number,
): number {
  const { epochs, minTimeNs } = timing;
  const rounds = roundsOf(epochs);
  const epochNs = stepsPerEpoch * stepNs;
  const blockNs = Math.max(minTimeNs, (epochs / rounds) * epochNs);
  return beforeRoundsNs(timing, rows, epochNs) + rows * rounds * blockNs;
}
