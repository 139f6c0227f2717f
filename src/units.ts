/** Converts bytes, durations and counts between numbers and text. Numbers are always in the base unit: bytes or nanoseconds. */

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const DURATION_UNITS = [
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
  ['ns', 1],
] as const;
const COUNT_UNITS = [
  ['T', 1e12],
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
  ['', 1],
] as const;

/** A number with three significant digits, never in exponent form. */
function threeDigits(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 99.95) return value.toFixed(0);
  return value.toFixed(magnitude >= 9.995 ? 1 : 2);
}

/** Bytes as text in binary units, such as `120 B` or `1.50 GiB`. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 ? String(Math.round(value * 10) / 10) : threeDigits(value);
  return `${digits} ${BYTE_UNITS[unit]}`;
}

/** Nanoseconds as text, such as `12.3 µs`; minutes and hours from 100 s up. */
export function formatDuration(ns: number): string {
  if (!Number.isFinite(ns)) return '–';
  if (ns >= 100e9) return formatLong(Math.round(ns / 1e9));
  const [name, size] = DURATION_UNITS.find(([, unitNs]) => ns >= unitNs * 0.9995) ?? (['ns', 1] as const);
  return `${size === 1 ? String(Math.round(ns * 10) / 10) : threeDigits(ns / size)} ${name}`;
}

function formatLong(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${rest} s`;
}

/** A remaining time in nanoseconds as text, rounded up: `40 s`, `1m40` or `2h05`. */
export function formatTimeLeft(ns: number): string {
  const seconds = Math.ceil(ns / 1e9);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  const twoDigits = (count: number) => String(count % 60).padStart(2, '0');
  return minutes < 60
    ? `${minutes}m${twoDigits(seconds)}`
    : `${Math.floor(minutes / 60)}h${twoDigits(minutes)}`;
}

/** A count or a rate in decimal units, such as `12.3 M`. Whole numbers under 10,000 are printed in full. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return '–';
  if (Number.isInteger(count) && count < 10_000) return String(count);
  const [name, size] = COUNT_UNITS.find(([, unit]) => count >= unit) ?? (['', 1] as const);
  return name === '' ? threeDigits(count) : `${threeDigits(count / size)} ${name}`;
}

/** A whole number with separators, such as `1,234,567`. */
export function formatInteger(value: number): string {
  integers ??= new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
  return integers.format(value);
}

/** A count with its noun in the singular or the plural: `1 pair`, `1,200 pairs`, `2 batches`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatInteger(count)} ${count === 1 ? noun : plural}`;
}

/** Kept, because creating a formatter takes as long as formatting a hundred numbers. */
let integers: Intl.NumberFormat | undefined;

/** Ratios that are shown together, all with the same number of decimals: three if one of them is close to 1. */
export function formatRatios(...ratios: readonly number[]): string[] {
  const decimals = Math.max(...ratios.map(decimalsOf));
  return ratios.map((ratio) => ratio.toFixed(decimals));
}

function decimalsOf(ratio: number): number {
  if (ratio >= 99.95) return 0;
  if (ratio >= 9.995) return 1;
  return Math.abs(ratio - 1) < 0.0995 ? 3 : 2;
}

/** A single ratio as text. */
export function formatRatio(ratio: number): string {
  return formatRatios(ratio)[0]!;
}

/** A percentage with up to three significant digits, such as `5 %` or `8.04 %`. */
export function formatPercent(percent: number): string {
  return `${Number(percent.toPrecision(3))} %`;
}

const DURATION_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  min: 60e9,
  h: 3600e9,
};

/**
 * Parses `90`, `90s`, `1.5m`, `250ms`, `1h` or `1 min 40 s` into nanoseconds. A bare number is seconds. Returns `undefined` for any
 * other text.
 */
export function parseDurationNs(text: string): number | undefined {
  const withUnit = /^\d+(\.\d+)?$/.test(text.trim()) ? `${text.trim()}s` : text.trim();
  if (!/^(\d+(\.\d+)?\s*[a-zµ]+\s*)+$/u.test(withUnit)) return undefined;
  const parts = [...withUnit.matchAll(/(\d+(?:\.\d+)?)\s*([a-zµ]+)/gu)];
  const ns = parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * (DURATION_NS[unit!] ?? Number.NaN),
    0,
  );
  return ns > 0 && Number.isFinite(ns) ? ns : undefined;
}
