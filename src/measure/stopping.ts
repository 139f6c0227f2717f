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

/** Counts the checks in a row that find an interval narrow enough. */
export class NarrowLooks {
  readonly #untilPercent: number;
  #inARow = 0;

  constructor(untilPercent: number) {
    this.#untilPercent = untilPercent;
  }

  /** Adds a check that found this half width. */
  look(halfWidthPercent: number): void {
    this.#inARow = halfWidthPercent <= this.#untilPercent ? this.#inARow + 1 : 0;
  }

  /** Whether the latest checks suffice to stop. */
  get suffice(): boolean {
    return this.#inARow >= LOOKS_IN_A_ROW;
  }
}

/** Checks the interval of a case every ten rounds and reports when it is narrow enough. */
export class Looks {
  readonly #narrow: NarrowLooks;

  constructor(untilPercent: number) {
    this.#narrow = new NarrowLooks(untilPercent);
  }

  /** Must be called once after every round. Returns whether two checks in a row found the interval narrow enough. */
  satisfied(samplesNs: readonly (readonly number[])[]): boolean {
    const rounds = samplesNs[0]?.length ?? 0;
    if (rounds >= FIRST_LOOK && rounds % LOOK_EVERY === 0)
      this.#narrow.look(widestHalfWidthPercent(samplesNs));
    return this.#narrow.suffice;
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
