import { difference } from './cases.js';
import type { Facts } from './reading.js';

/** What numpy or pyarrow says of a file. `died` is what a damaged file may do to them. */
export type Answer =
  | { readonly read: Readonly<Record<string, unknown>> }
  | { readonly refused: string }
  | { readonly died: true };

/** What pyarrow does not read though it is no damage: pinbench names such a column and leaves it out. */
const BEHIND = /Integers with more than 64 bits not implemented/;

/** What pinbench and numpy or pyarrow say of one file. */
export interface Agreement {
  /** Why they do not agree where they must. */
  readonly finding?: string;
  /** The other reader could not be asked: it died, or does not read the file that this one was made from. */
  readonly unjudged?: boolean;
}

/**
 * Whether what pinbench read is what the other reader reads. Where that refuses, pinbench may still have read what one of
 * the files says that this one was made from: a byte was changed that means nothing to it. Where several places were
 * changed, what the other reader opens and finds invalid afterwards, in a column that is not read, is compared all the same.
 */
export function agreementOf(
  seen: Facts,
  answer: Answer,
  origins: readonly (Facts | undefined)[] = [],
  onePlace = false,
): Agreement {
  if ('died' in answer) return { unjudged: true };
  if ('refused' in answer) {
    if (BEHIND.test(answer.refused)) return { unjudged: true };
    if (origins.some((origin) => origin === undefined)) return { unjudged: true };
    const same = origins.some((origin) => difference(seen, origin!) === undefined);
    const nearest = origins[0] && difference(origins[0], seen);
    return same ? {} : { finding: `refused elsewhere (${answer.refused}), read here; ${nearest ?? ''}` };
  }
  const { unreadable, numeric, invalid } = answer.read;
  if (invalid !== undefined && onePlace) return agreementOf(seen, { refused: String(invalid) }, origins);
  if (unreadable !== undefined) return { finding: `read here; elsewhere it has ${unreadable}` };
  if (numeric === false) return { finding: `read here; elsewhere it is of type ${answer.read.dtype}` };
  const finding = otherwise(seen, answer.read);
  return finding === undefined ? {} : { finding };
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
