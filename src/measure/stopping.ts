import { medianInterval } from '../stats/interval.js';
import { halfWidthPercent, pairedSpeedup } from '../stats/ratio.js';

/** The interval is looked at every so many rounds, from the first look on. */
const LOOK_EVERY = 10;
export const FIRST_LOOK = 20;
/** A single look may find the interval narrow by luck: two in a row must. That covers 95.2 % of runs in `npm run test:simulation`. */
const LOOKS_IN_A_ROW = 2;

/** Looks at the interval of a case from time to time, and says when it is narrow enough. */
export class Looks {
  readonly #untilPercent: number;
  #narrow = 0;

  constructor(untilPercent: number) {
    this.#untilPercent = untilPercent;
  }

  /** To be called once after every round. Whether two looks in a row found the interval narrow enough. */
  satisfied(samplesNs: readonly (readonly number[])[]): boolean {
    const rounds = samplesNs[0]?.length ?? 0;
    if (rounds < FIRST_LOOK || rounds % LOOK_EVERY !== 0) return this.#narrow >= LOOKS_IN_A_ROW;
    this.#narrow = widestHalfWidthPercent(samplesNs) <= this.#untilPercent ? this.#narrow + 1 : 0;
    return this.#narrow >= LOOKS_IN_A_ROW;
  }
}

/**
 * Half the width of the widest 95 % interval of a case, in percent: of the speedups over the first row where there are several,
 * of the step time where there is one. Infinite while there are too few rounds.
 */
export function widestHalfWidthPercent(samplesNs: readonly (readonly number[])[]): number {
  const [first, ...others] = samplesNs;
  if (first === undefined) return Number.POSITIVE_INFINITY;
  if (others.length === 0) return halfWidthPercent(medianInterval(first));
  return Math.max(...others.map((samples) => halfWidthPercent(pairedSpeedup(first, samples).ci95)));
}
