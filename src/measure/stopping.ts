import { medianInterval } from '../stats/interval.js';
import { halfWidthPercent, pairedSpeedup } from '../stats/ratio.js';

/** The interval is checked every `LOOK_EVERY` rounds, from round `FIRST_LOOK` on. */
const LOOK_EVERY = 10;
export const FIRST_LOOK = 20;
/**
 * A single check may find a narrow interval by chance, so two in a row must. The interval then covers the truth in 95.2 % of runs
 * in `npm run test:simulation`.
 */
const LOOKS_IN_A_ROW = 2;

/** Checks the interval of a case every ten rounds and reports when it is narrow enough. */
export class Looks {
  readonly #untilPercent: number;
  #narrow = 0;

  constructor(untilPercent: number) {
    this.#untilPercent = untilPercent;
  }

  /** Must be called once after every round. Returns whether two checks in a row found the interval narrow enough. */
  satisfied(samplesNs: readonly (readonly number[])[]): boolean {
    const rounds = samplesNs[0]?.length ?? 0;
    if (rounds < FIRST_LOOK || rounds % LOOK_EVERY !== 0) return this.#narrow >= LOOKS_IN_A_ROW;
    this.#narrow = widestHalfWidthPercent(samplesNs) <= this.#untilPercent ? this.#narrow + 1 : 0;
    return this.#narrow >= LOOKS_IN_A_ROW;
  }
}

/**
 * Half the width of the widest 95 % interval of a case, in percent: of the speedups over the first row if there are several rows,
 * and of the step time if there is one. Infinite while there are too few rounds.
 */
export function widestHalfWidthPercent(samplesNs: readonly (readonly number[])[]): number {
  const [first, ...others] = samplesNs;
  if (first === undefined) return Number.POSITIVE_INFINITY;
  if (others.length === 0) return halfWidthPercent(medianInterval(first));
  return Math.max(...others.map((samples) => halfWidthPercent(pairedSpeedup(first, samples).ci95)));
}
