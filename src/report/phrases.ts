import { formatDuration, formatRatio } from '../units.js';

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** Ratios as one, `1.31×`, or as a range, `1.10 to 1.52×`. */
export function speedsOf(ratios: readonly number[]): string {
  const [lo, hi] = [formatRatio(Math.min(...ratios)), formatRatio(Math.max(...ratios))];
  return lo === hi ? `${lo}×` : `${lo} to ${hi}×`;
}

/** Times as one, `13.1 µs`, or as a range, `5.00 µs to 1.20 ms`. */
export function durationsOf(all: readonly number[]): string {
  const [least, most] = [formatDuration(Math.min(...all)), formatDuration(Math.max(...all))];
  return least === most ? least : `${least} to ${most}`;
}
