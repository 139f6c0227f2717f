/** How long a case is measured. */
export interface Timing {
  /** Epochs to measure at least; exactly so many where `minTimeNs` is 0. Absent: the interval and the time decide. */
  readonly epochs: number | undefined;
  /** Rounds to measure exactly. Absent: the epochs, or the interval and the time, decide. */
  readonly rounds?: number | undefined;
  /** Warm-up epochs. */
  readonly warmup: number;
  /** The shortest timed block, ns. */
  readonly minTimeNs: number;
  /** Half the width of the interval to reach, in percent. */
  readonly untilPercent: number | undefined;
}

/** The time of one case under a budget. Moments are ns of the clock. */
export interface Allotment {
  /** What the case has beyond the least that it needs. */
  readonly spareNs: number;
  /** When its rounds are to end. */
  readonly endNs: number;
  /** When the rounds of the last case must have ended. */
  readonly hardEndNs: number;
  /** That moment is over. */
  readonly usedUp: boolean;
}

/** A case is measured for this long where neither epochs nor a budget say otherwise, ns. */
export const CASE_NS = 5e9;
/** The first verification of a row takes in the whole epoch, but no longer than this, ns. */
export const VERIFY_NS = 1e9;
/** Fewer rounds have no 95 % interval: no budget leaves less. */
export const LEAST_ROUNDS = 6;
/** Under a budget the first verification of each row takes at least this long, or one call of its steps, ns. */
export const TRIAL_NS = 5e6;
