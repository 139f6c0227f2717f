import { formatDuration, formatRatio, formatRatios } from '../units.js';

/** Ratios below this have at least two decimals. */
const FEW = 9.995;

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** Ratios as one, `1.31×`, or as a range, `1.10 to 1.52×`. */
export function speedsOf(ratios: readonly number[]): string {
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  // Both have the same number of decimals, unless the larger is so large that it needs fewer.
  const [lo, hi] = most < FEW ? formatRatios(least, most) : [formatRatio(least), formatRatio(most)];
  return lo === hi ? `${lo}×` : `${lo} to ${hi}×`;
}

/** Times as one, `13.1 µs`, or as a range, `5.00 µs to 1.20 ms`. */
export function durationsOf(all: readonly number[]): string {
  const [least, most] = [formatDuration(Math.min(...all)), formatDuration(Math.max(...all))];
  return least === most ? least : `${least} to ${most}`;
}
