import { didYouMean } from './similar.js';
import { parseDurationNs } from './units.js';

/**
 * The values that an option accepts. A kind has two readers: `parse` for the text of a flag and `accept` for the value that a
 * program passes. Both return the same value, or `undefined` if it is not allowed; `expected` describes the allowed values.
 */
export interface Kind<Value, Input = Value> {
  readonly type: 'whole' | 'sizes' | 'wholes' | 'word' | 'words' | 'names' | 'number' | 'text' | 'switch';
  readonly expected: string;
  /** Describes the values that a program may pass, if the description for the text of a flag does not apply to them. */
  readonly expectedOfProgram?: string;
  /** The allowed words, if the kind has a fixed list. */
  readonly words?: readonly string[];
  parse(text: string): Value | undefined;
  accept(value: unknown): Value | undefined;
  /** The text that `parse` reads as this value. Without it, that is the plain text of the value, or of a list's items between commas. */
  write?(value: Value): string;
  /** Never set. It only carries the type that programs may pass. */
  readonly input?: Input;
}

/** The powers of two from `from` to `to`, both included. */
export interface PowersOfTwo {
  readonly from: number;
  readonly to: number;
}

/** Sizes as the user gave them: numbers, and ranges of powers of two that may be cut to the sizes that fit. */
export type Sizes = readonly (number | PowersOfTwo)[];

/** A whole number within `[least, most]`. */
export function whole(least: number, most: number): Kind<number> {
  const accept = (value: unknown) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? (value as number)
      : undefined;
  return {
    type: 'whole',
    expected: `a whole number from ${least} to ${most}`,
    parse: (text) => accept(wholeOf(text)),
    accept,
  };
}

const SIZES_EXPECTED = (most: number) =>
  `whole numbers from 1 to ${most} such as 2 or 2,64,1024, or an ascending range with a power of two in it such as 1..65536`;

/** `2`, `2,64,1024` or `1..65536`. A range stays a range, so that it can later be cut to the sizes that fit the dataset. */
export const sizes: Kind<Sizes, number | string | Sizes> = {
  type: 'sizes',
  expected: SIZES_EXPECTED(Number.MAX_SAFE_INTEGER),
  parse: (text) => all(text.split(',').map((item) => sizeOf(item))),
  accept: (value) => all(listOf(value).map(sizeOf)),
  write: (value) =>
    value.map((size) => (typeof size === 'number' ? size : `${size.from}..${size.to}`)).join(','),
};

/** The notation of `sizes` with every range expanded: `1..8` is 1, 2, 4, 8. No value may exceed `most`. */
export function wholes(most: number): Kind<readonly number[], number | string | Sizes> {
  const expanded = (found: Sizes | undefined) => {
    const values = found && [...new Set(found.flatMap(powersIn))];
    return values?.every((value) => value <= most) ? values : undefined;
  };
  return {
    type: 'wholes',
    expected: SIZES_EXPECTED(most),
    parse: (text) => expanded(sizes.parse(text)),
    accept: (value) => expanded(sizes.accept(value)),
  };
}

/** The numbers that one size represents. */
export function powersIn(size: number | PowersOfTwo): number[] {
  if (typeof size === 'number') return [size];
  const powers: number[] = [];
  for (let power = 1; power <= size.to; power *= 2) if (power >= size.from) powers.push(power);
  return powers;
}

/** One word of a list. */
export function word<const W extends string>(words: readonly W[]): Kind<W> {
  const accept = (value: unknown) => words.find((candidate) => candidate === value);
  return { type: 'word', expected: words.join(', '), words, parse: accept, accept };
}

/** One or more words of a list without duplicates, or a single one of the `exclusive` words, such as `all`. */
export function words<const W extends string, const S extends string = never>(
  list: readonly W[],
  exclusive: readonly S[] = [],
): Kind<S | readonly W[], S | W | readonly W[]> {
  const accept = (value: unknown): S | readonly W[] | undefined => {
    const alone = exclusive.find((candidate) => candidate === value);
    if (alone !== undefined) return alone;
    const found = all(listOf(value).map((item) => list.find((candidate) => candidate === item)));
    return found && [...new Set(found)];
  };
  return {
    type: 'words',
    expected: `${exclusive.length === 0 ? '' : `${exclusive.join(' or ')}, or some of `}${list.join(', ')}`,
    words: [...exclusive, ...list],
    parse: (text) => accept(exclusive.some((candidate) => candidate === text) ? text : split(text)),
    accept,
  };
}

/** A suggestion for the first unknown word in a value, if the kind has a list of words and one of them is similar. */
export function suggestionFor(given: unknown, { words }: Kind<unknown, unknown>): string | undefined {
  const unknown = listOf(given).find((item) => typeof item === 'string' && !words?.includes(item));
  return words && typeof unknown === 'string' ? didYouMean(unknown, words) : undefined;
}

/** Names separated by commas. A name may contain spaces, and commas that are escaped with a backslash. */
export const names: Kind<readonly string[]> = {
  type: 'names',
  expected: 'names separated by commas',
  expectedOfProgram: 'an array of one or more names, none of them empty',
  parse: (text) => names.accept(text.split(/(?<!\\),/).map((name) => name.replaceAll('\\,', ','))),
  accept: (value) =>
    Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string' && name !== '')
      ? value
      : undefined,
  write: (value) => value.map(nameInList).join(','),
};

/** A name with its commas escaped, for a list of names. */
export function nameInList(name: string): string {
  return name.replaceAll(',', '\\,');
}

/** A positive percentage, with or without a `%` after it. */
export const percent: Kind<number> = amount(
  (text) => decimal(text.replace(/\s*%$/, '')),
  { above: 0, most: 1000 },
  'a percentage above 0 and at most 1000, such as 2',
);

const MAX_MODEL_NS = 1e12;

/** A duration. A flag gives it in microseconds, a program in nanoseconds. */
export const microseconds: Kind<number> = {
  ...amount(
    (text) => decimal(text) * 1000,
    { above: 0, most: MAX_MODEL_NS },
    `a number of microseconds above 0 and at most ${MAX_MODEL_NS / 1000}, such as 500`,
  ),
  expectedOfProgram: `a number of nanoseconds above 0 and at most ${MAX_MODEL_NS}`,
  write: (ns) => String(ns / 1000),
};

/**
 * A duration. A flag gives it with a unit (`90s`) or in seconds, a program in nanoseconds. It is at most 30 days unless `most` is
 * given.
 */
export function duration({ zero = false, most = 30 * 86_400e9 } = {}): Kind<number> {
  const limit = most < 3600e9 ? `${most / 1e9}s` : `${most / 3600e9}h`;
  return {
    ...amount(
      (text) => (zero && ZERO_DURATION.test(text.trim()) ? 0 : (parseDurationNs(text) ?? Number.NaN)),
      { above: zero ? -Number.MIN_VALUE : 0, most },
      zero
        ? `a time such as 10ms, at most ${limit}, or 0`
        : `a time above 0 and at most ${limit}, such as 90s, 10m or 1h`,
    ),
    expectedOfProgram: `a number of nanoseconds ${zero ? 'from 0 to' : 'above 0 and at most'} ${most}`,
    write: (ns) => `${ns}ns`,
  };
}

const ZERO_DURATION = /^0+(\.0+)?\s*[a-zµ]*$/u;

/** A path; `-` means standard output. */
export const path = text('a path, or - for standard output');

/** The path of a folder. */
export const folder = text('the path of a folder');

/** A switch that takes no value. */
export const toggle: Kind<boolean> = {
  type: 'switch',
  expected: 'true or false',
  parse: () => undefined,
  accept: (value) => (typeof value === 'boolean' ? value : undefined),
};

function amount(
  read: (text: string) => number,
  { above, most }: { above: number; most: number },
  expected: string,
): Kind<number> {
  const accept = (value: unknown) =>
    typeof value === 'number' && value > above && value <= most ? value : undefined;
  return { type: 'number', expected, parse: (text) => accept(read(text)), accept };
}

/** A text that is not empty. */
function text(expected: string): Kind<string> {
  const accept = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  return { type: 'text', expected, parse: accept, accept };
}

function decimal(text: string): number {
  return /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
}

function wholeOf(text: string): number {
  return /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
}

/** One size of a list: a number, a range, or the text of either. */
function sizeOf(item: unknown): number | PowersOfTwo | undefined {
  if (typeof item === 'number') return isSize(item) ? item : undefined;
  if (typeof item === 'string') {
    const ends = item.split('..').map(wholeOf);
    return ends.length > 2 ? undefined : sizeOf(ends.length === 1 ? ends[0] : { from: ends[0], to: ends[1] });
  }
  if (typeof item !== 'object' || item === null) return undefined;
  const { from, to } = item as { readonly from?: unknown; readonly to?: unknown };
  return isSize(from) && isSize(to) && powersIn({ from, to }).length > 0 ? { from, to } : undefined;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function split(text: string): string[] {
  return text.split(',').map((item) => item.trim());
}

/** The items of a value that a program passes for a list: a list, a single item, or the text of a flag. */
function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'string' ? split(value) : [value];
}

/** The list, or `undefined` if it is empty or any item is `undefined`. */
function all<T>(items: readonly (T | undefined)[]): readonly T[] | undefined {
  return items.length > 0 && items.every((item) => item !== undefined) ? (items as readonly T[]) : undefined;
}
