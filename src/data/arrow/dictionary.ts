import type { DType } from '../../words.js';
import { allocate, type Values } from '../dataset.js';
import type { Batch } from './batch.js';
import { type BufferReader, couldHold } from './buffers.js';
import type { Elements } from './columns.js';
import { corrupt, REMEDY } from './message.js';

/** An index that no value belongs to, the `at`-th of those looked up. */
export interface WrongIndex {
  readonly at: number;
  readonly what: string;
  readonly expected: string;
  readonly remedy: string;
}

/** The values that the elements of a column point to. */
export interface Dictionary {
  /** Puts the values of `count` indexes to the front of `found`; stops at the first that has none. */
  lookUp(indexes: Values, count: number, found: Values): WrongIndex | undefined;
}

const read = new WeakMap<readonly Batch[], Promise<Dictionary>>();

/** The dictionary that a batch's elements point into, read once for all batches that have the same one. */
export function dictionaryOf(reader: BufferReader, batch: Batch, elements: Elements): Promise<Dictionary> {
  const parts = batch.dictionaries.get(elements.dictionary!.id);
  if (parts === undefined) throw corrupt(`no dictionary ${elements.dictionary!.id} before its batch`);
  const known = read.get(parts) ?? readDictionary(reader, parts, elements);
  read.set(parts, known);
  return known;
}

/** Its length is the file's claim: before room is made for the values, the buffer must be enough for them. */
function mustHave({ rows, buffers, compression }: Batch, kept: DType): void {
  if (!couldHold(buffers[1]!.length, compression, kept, rows))
    throw corrupt(`a dictionary of ${rows} values in a buffer of ${buffers[1]!.length} bytes`);
}

async function readDictionary(
  reader: BufferReader,
  parts: readonly Batch[],
  { dtype, boolBytes }: Elements,
): Promise<Dictionary> {
  for (const part of parts) mustHave(part, boolBytes ? 'uint8' : dtype);
  const length = parts.reduce((sum, { rows }) => sum + rows, 0);
  const values = allocate(dtype, length);
  const isNull = new Uint8Array(length);
  let first = 0;
  for (const { rows, nodes, buffers, compression } of parts) {
    const part = await (await reader.open(buffers[1]!, compression, boolBytes ? 'uint8' : dtype, rows)).read(
      0,
      rows,
    );
    for (let i = 0; i < rows; i++) values[first + i] = boolBytes ? Number(part[i] !== 0) : part[i]!;
    if (nodes[0]!.nullCount > 0) {
      const validity = await (await reader.open(buffers[0]!, compression, 'bool', rows)).read(0, rows);
      for (let i = 0; i < rows; i++) isNull[first + i] = validity[i] === 0 ? 1 : 0;
    }
    first += rows;
  }
  return {
    lookUp: (indexes, count, found) => {
      for (let at = 0; at < count; at++) {
        const index = Number(indexes[at]!);
        if (index < 0 || index >= length)
          return {
            at,
            what: `an index of ${index} into a dictionary`,
            expected: `0 to ${length - 1}`,
            remedy: REMEDY,
          };
        if (isNull[index] === 1) {
          return {
            ...{ at, what: 'a null', expected: 'numbers alone' },
            remedy: 'fill or drop the nulls before saving',
          };
        }
        found[at] = values[index]!;
      }
      return undefined;
    },
  };
}
