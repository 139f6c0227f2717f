import { difference } from './cases.js';
import type { Facts } from './reading.js';

/** What numpy or pyarrow says of a file. `died` is what a damaged file may do to them. */
export type Answer =
  | { readonly read: Readonly<Record<string, unknown>> }
  | { readonly refused: string }
  | { readonly died: true };

/**
 * What pyarrow does not read though it is no damage: pinbench names such a column and leaves it out. It has no class for
 * intervals of months, type 22 of its own numbers.
 */
const BEHIND = /Integers with more than 64 bits not implemented|^KeyError: 22$/;

/** What pinbench and numpy or pyarrow say of one file. */
export interface Agreement {
  /** Why they do not agree where they must. */
  readonly finding?: string;
  /**
   * The other reader has no say: it died, does not read the file that this one was made from, or unpacked damaged data as well,
   * to other values. Without a checksum nobody can know the right ones, and two decoders of one library differ there.
   */
  readonly unjudged?: boolean;
  /** They agree, though the other reader found a column invalid afterwards that is not read. */
  readonly invalidUnread?: boolean;
}

/**
 * Whether what pinbench read is what the other reader reads. Where that refuses, pinbench may still have read what one of
 * the files says that this one was made from: a byte was changed that means nothing to it. Where several places were
 * changed, one may be the name of a column that is not read and another what the other reader refuses: then only what is
 * read is compared, also with what the other reader opens and finds invalid afterwards.
 */
export function agreementOf(
  seen: Facts,
  answer: Answer,
  origins: readonly (Facts | undefined)[] = [],
  { onePlace = false, damagesFrames = false } = {},
): Agreement {
  if ('died' in answer) return { unjudged: true };
  if ('refused' in answer) {
    if (BEHIND.test(answer.refused)) return { unjudged: true };
    if (origins.some((origin) => origin === undefined)) return { unjudged: true };
    const compared = onePlace ? (facts: Facts) => facts : ofReadColumns;
    const differences = origins.map((origin) => difference(compared(origin!), compared(seen)));
    const same = differences.includes(undefined);
    return same
      ? {}
      : { finding: `refused elsewhere (${answer.refused}), read here; ${differences[0] ?? ''}` };
  }
  const { unreadable, numeric, invalid } = answer.read;
  if (invalid !== undefined && onePlace) {
    const strict = agreementOf(seen, { refused: String(invalid) }, origins, { onePlace });
    const isUnread = answer.read.readIsValid === true && otherwise(seen, answer.read) === undefined;
    return strict.finding !== undefined && isUnread ? { invalidUnread: true } : strict;
  }
  if (unreadable !== undefined) return { finding: `read here; elsewhere it has ${unreadable}` };
  if (numeric === false) return { finding: `read here; elsewhere it is of type ${answer.read.dtype}` };
  const finding = otherwise(seen, answer.read);
  if (finding === undefined) return {};
  return damagesFrames && otherwise(seen, { ...answer.read, ...valuesOf(seen) }) === undefined
    ? { unjudged: true }
    : { finding };
}

function valuesOf({ float32, native }: Facts) {
  return { float32, native };
}

function ofReadColumns(facts: Facts): Facts {
  return { ...facts, columns: facts.columns.filter(({ width }) => width > 0) };
}

function otherwise(seen: Facts, read: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of ['dtype', 'shape', 'rows', 'cols', 'float32', 'native'] as const) {
    // Arrow has no shape of its own, and columns of several types have no type of their own.
    if (name === 'shape' && read.shape === undefined) continue;
    if (JSON.stringify(seen[name]) !== JSON.stringify(read[name]))
      return `${name} ${JSON.stringify(seen[name])} here, ${JSON.stringify(read[name])} elsewhere`;
  }
  const columns = (read.columns ?? []) as { name: string; type: string | null; width: number }[];
  const here = seen.columns.map(({ name, type, width }, i) => ({
    name,
    // A type that the other reader has no words for is not compared.
    type: columns[i]?.type === null ? null : type,
    width,
  }));
  return JSON.stringify(here) === JSON.stringify(columns)
    ? undefined
    : `columns ${JSON.stringify(here)} here, ${JSON.stringify(columns)} elsewhere`;
}
