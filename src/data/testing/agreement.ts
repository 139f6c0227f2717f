import { difference } from './cases.js';
import type { Facts } from './reading.js';

/** What numpy or pyarrow says about a file. A damaged file may also crash them: `died`. */
export type Answer =
  | { readonly read: Readonly<Record<string, unknown>> }
  | { readonly refused: string }
  | { readonly died: true };

/**
 * Valid data that pyarrow does not read: integers wider than 64 bits, and intervals of months (type 22 of its own numbers), for
 * which it has no class. pinbench names such a column and leaves it out.
 */
const BEHIND = /Integers with more than 64 bits not implemented|^KeyError: 22$/;

/** The result of comparing what pinbench and numpy or pyarrow say about one file. */
export interface Agreement {
  /** How they disagree, if they must agree. */
  readonly finding?: string;
  /**
   * The other reader's answer does not count: it crashed, it does not read the file that this one was made from, or it unpacked
   * damaged data to other values. Without a checksum nobody can know the right values, and two decoders of the same library
   * differ there.
   */
  readonly unjudged?: boolean;
  /** They agree, although the other reader later found a column invalid that is not read. */
  readonly invalidUnread?: boolean;
}

/**
 * Compares what pinbench read with what the other reader reads. If the other reader refuses, pinbench may still have read the
 * content of one of the files that this one was made from: the changed byte may mean nothing to it. If several places were
 * changed, one may be the name of a column and another the reason for the refusal; then only the columns that are read are compared,
 * without their names. The same holds if the other reader opens the file and finds it invalid later.
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
  const read = facts.columns.filter(({ width }) => width > 0);
  return { ...facts, columns: read.map((column) => ({ ...column, name: '' })) };
}

function otherwise(seen: Facts, read: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of ['dtype', 'shape', 'rows', 'cols', 'float32', 'native'] as const) {
    // Arrow has no shape of its own, and columns of several types have no common type.
    if (name === 'shape' && read.shape === undefined) continue;
    if (JSON.stringify(seen[name]) !== JSON.stringify(read[name]))
      return `${name} ${JSON.stringify(seen[name])} here, ${JSON.stringify(read[name])} elsewhere`;
  }
  const columns = (read.columns ?? []) as { name: string; type: string | null; width: number }[];
  const here = seen.columns.map(({ name, type, width }, i) => ({
    name,
    // A type that the other reader has no description for is not compared.
    type: columns[i]?.type === null ? null : type,
    width,
  }));
  return JSON.stringify(here) === JSON.stringify(columns)
    ? undefined
    : `columns ${JSON.stringify(here)} here, ${JSON.stringify(columns)} elsewhere`;
}
