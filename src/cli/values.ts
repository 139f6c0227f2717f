import { usageError } from '../errors.js';
import { parseDurationNs } from '../units.js';

/** Reads a flag's whole number within `[least, most]`. */
export function integer(flag: string, least: number, most: number = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = wholeNumber(text);
    if (value === undefined || value < least || value > most) {
      const upTo = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
      throw usageError(flag, `"${text}"`, { expected: `a whole number, ${upTo}` });
    }
    return value;
  };
}

/** Reads `2`, `2,64,1024` or `1..65536` (the powers of two in it) as positive whole numbers, each once, in that order. */
export function integerList(flag: string) {
  return (text: string): number[] => {
    const values = text.split(',').flatMap((item) => itemOf(item.trim()) ?? []);
    const whole = text.split(',').every((item) => itemOf(item.trim()) !== undefined);
    if (!whole || values.length === 0) {
      throw usageError(flag, `"${text}"`, {
        expected: 'whole numbers of 1 or more such as 2 or 2,64,1024, or powers of two such as 1..65536',
      });
    }
    return [...new Set(values)];
  };
}

function itemOf(item: string): number[] | undefined {
  const [from, to, ...rest] = item.split('..').map(wholeNumber);
  if (from === undefined || from < 1 || rest.length > 0) return undefined;
  if (!item.includes('..')) return [from];
  if (to === undefined || to < from) return undefined;
  const powers: number[] = [];
  for (let power = 1; power <= to; power *= 2) if (power >= from) powers.push(power);
  return powers.length === 0 ? undefined : powers;
}

function wholeNumber(text: string): number | undefined {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Reads one of some words. */
export function word<T extends string>(flag: string, words: readonly T[]) {
  return (text: string): T => {
    const found = words.find((candidate) => candidate === text);
    if (found === undefined) throw usageError(flag, `"${text}"`, { expected: words.join(', ') });
    return found;
  };
}

/** Reads words separated by commas, each once. */
export function wordList<T extends string>(flag: string, words: readonly T[]) {
  const one = word(flag, words);
  return (text: string): T[] => [...new Set(text.split(',').map((item) => one(item.trim())))];
}

/** Reads a positive number, with or without a `%` behind it. */
export function percent(flag: string) {
  return (text: string): number =>
    positive(flag, text.replace(/\s*%$/, ''), 'a number of percent above 0, such as 2');
}

/** Reads a positive number of microseconds as nanoseconds. */
export function microseconds(flag: string) {
  return (text: string): number =>
    positive(flag, text, 'a number of microseconds above 0, such as 500') * 1000;
}

function positive(flag: string, text: string, expected: string): number {
  const value = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value > 0 && Number.isFinite(value))) throw usageError(flag, `"${text}"`, { expected });
  return value;
}

/** Reads a duration such as `90s`, `10m` or `1.5h` as nanoseconds. */
export function duration(flag: string) {
  return (text: string): number => {
    const ns = parseDurationNs(text);
    if (ns === undefined) throw usageError(flag, `"${text}"`, { expected: 'a time such as 90s, 10m or 1h' });
    return ns;
  };
}
