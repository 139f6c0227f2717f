import { formatDuration, formatInteger } from '../../units.js';

/** The ends of a scale. */
export type Domain = readonly [lo: number, hi: number];

/** A logarithmic domain that contains all values, with some room at both ends. */
export function logDomain(values: readonly number[]): Domain {
  const [lo, hi] = [least(values), most(values)];
  const room = Math.exp(Math.max(0.06 * (Math.log(hi) - Math.log(lo)), Math.log(1.02)));
  return [Math.max(lo / room, Number.MIN_VALUE), Math.min(hi * room, Number.MAX_VALUE)];
}

export function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b));
}

export function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b));
}

/** At most `atMost` round numbers for a logarithmic scale: 1, 2 and 5 of each decade, or fewer; equally spaced on a short scale. */
export function logTicks([lo, hi]: Domain, atMost: number): number[] {
  const [first, last] = [Math.floor(Math.log10(lo)), Math.ceil(Math.log10(hi))];
  const decades = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const within = (digits: readonly number[]) =>
    decades
      .flatMap((decade) => digits.map((digit) => Number(`${digit}e${decade}`)))
      .filter((tick) => tick >= lo && tick <= hi);
  const dense = [[1, 2, 5], [1, 3], [1]].map(within).find((ticks) => ticks.length <= atMost);
  if (dense === undefined) {
    const all = within([1]);
    const every = Math.ceil(all.length / atMost);
    return all.filter((_, i) => i % every === 0);
  }
  return dense.length >= 3 ? dense : linearTicks([lo, hi], atMost);
}

/** At most `atMost` multiples of a round number within a domain. */
export function linearTicks([lo, hi]: Domain, atMost: number): number[] {
  const rough = (hi - lo) / atMost;
  if (!(rough > 0) || !Number.isFinite(rough)) return [lo];
  const decade = Math.floor(Math.log10(rough));
  const digit = [1, 2, 5, 10].find((one) => Number(`${one}e${decade}`) >= rough) ?? 10;
  const step = Number(`${digit}e${decade}`);
  const first = Math.ceil(lo / step);
  const count = Math.min(atMost + 1, Math.floor(hi / step) - first + 1);
  // Rounded, since 3 × 0.1 is not 0.3.
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** The place of a value on a logarithmic scale, from 0 to 1. */
export function logPosition(value: number, [lo, hi]: Domain): number {
  // A difference of logarithms, since the quotient of the ends may overflow.
  return (Math.log(value) - Math.log(lo)) / (Math.log(hi) - Math.log(lo));
}

/** The measured batch sizes, or every second, third and so on, so that their labels fit side by side in `pixels` px. */
export function batchTicks(batches: readonly number[], domain: Domain, pixels: number): number[] {
  for (let every = 1; every < batches.length; every++) {
    const ticks = batches.filter((_, i) => i % every === 0);
    const ends = ticks.map((batch) => {
      const half = (formatInteger(batch).length * DIGIT_WIDTH) / 2;
      const centre = logPosition(batch, domain) * pixels;
      return [centre - half, centre + half] as const;
    });
    if (ends.every(([start], i) => i === 0 || start >= ends[i - 1]![1] + TICK_GAP)) return ticks;
  }
  return batches.slice(0, 1);
}

/** Width of a digit in a chart, and the gap between two numbers of an axis, px. */
const DIGIT_WIDTH = 7;
const TICK_GAP = 12;

/** A duration without trailing zeros, for an axis. */
export function shortDuration(ns: number): string {
  return formatDuration(ns).replace(/(\.\d*?)0+(?= )/, (_, digits: string) => (digits === '.' ? '' : digits));
}

/** Places moved apart until neighbours are at least `gap` apart, in their order, and within bounds if there is room. */
export function movedApart(places: readonly number[], gap: number, [lo, hi]: Domain): number[] {
  const order = places.map((place, i) => ({ place, i })).sort((a, b) => a.place - b.place);
  for (let k = 1; k < order.length; k++)
    order[k]!.place = Math.max(order[k]!.place, order[k - 1]!.place + gap);
  for (let k = order.length - 1; k >= 0; k--)
    order[k]!.place = Math.max(
      lo,
      Math.min(order[k]!.place, k + 1 < order.length ? order[k + 1]!.place - gap : hi),
    );
  const moved = [...places];
  for (const { place, i } of order) moved[i] = place;
  return moved;
}
