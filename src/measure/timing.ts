/** The time of one case under a budget. Moments are ns of the clock. */
export interface Allotment {
  /** The time that the case has beyond its minimum, ns. */
  readonly spareNs: number;
  /** When the rounds of the case should end. */
  readonly endNs: number;
  /** When the rounds of all cases must have ended. */
  readonly hardEndNs: number;
  /** Whether `hardEndNs` has passed. */
  readonly usedUp: boolean;
}

/** Time limit of the rounds of a case without a budget, ns. There is none with `--rounds`, or with `--epochs` and no `--until`. */
export const CASE_NS = 5e9;
/** Time limit of the first verification of a row, which covers the whole epoch if there is time, ns. */
export const VERIFY_NS = 1e9;
/** The fewest rounds with a 95 % interval. A budget that does not allow them is refused. */
export const MIN_ROUNDS = 6;
/** Shortest first verification of each row under a budget, ns. It always covers at least one call of steps. */
export const TRIAL_NS = 5e6;
