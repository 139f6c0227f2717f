import type { DType } from '../../words.js';
import { allocate, roomFor, type Values } from '../dataset.js';
import type { Turns } from '../turns.js';
import { type Batch, bufferOf, nullCountOf } from './batch.js';
import { BLOCK, type BufferReader, couldHold } from './buffers.js';
import type { Elements } from './columns.js';
import type { Dictionaries, Generation } from './dictionaries.js';
import { corrupt, REMEDY } from './message.js';

/** An index without a value; `at` is its position among those looked up. */
export interface WrongIndex {
  readonly at: number;
  readonly what: string;
  readonly expected: string;
  readonly remedy: string;
}

/** The values that the elements of a column point to. */
export interface Dictionary {
  /** Writes the values of `count` indexes to the front of `found`; stops at the first index that has no value. */
  lookUp(indexes: Values, count: number, found: Values): WrongIndex | undefined;
}

/** The part of a dictionary that was read. The arrays have spare room, since a dictionary grows part by part. */
interface Read {
  readonly generation: Generation;
  values: Values;
  isNull: Uint8Array;
  /** Total number of values in the parts read so far; `ends` has that number after each part. */
  length: number;
  readonly ends: number[];
}

/**
 * Reads the dictionaries that batches point into, for one load. Each part is read once if batches are asked for in file order.
 */
export class DictionaryReader {
  readonly #reader: BufferReader;
  readonly #dictionaries: Dictionaries;
  readonly #turns: Turns;
  /** For each id, the generation that was read last. */
  readonly #read = new Map<bigint, Read>();

  constructor(reader: BufferReader, dictionaries: Dictionaries, turns: Turns) {
    this.#reader = reader;
    this.#dictionaries = dictionaries;
    this.#turns = turns;
  }

  /** Returns the dictionary that a batch's elements point into. Throws a fault if there is none. */
  async of({ dictionariesBefore }: Batch, elements: Elements): Promise<Dictionary> {
    const { id } = elements.dictionary!;
    const place = this.#dictionaries.at(id, dictionariesBefore);
    if (place === undefined) throw corrupt(`no dictionary ${id} before its batch`);
    const read = this.#readOf(id, place.generation, elements);
    for (let part = read.ends.length; part < place.parts; part++) {
      if (this.#turns.due) await this.#turns.giveWay();
      await this.#append(read, place.generation.parts[part]!, elements);
    }
    return entriesOf(read, read.ends[place.parts - 1]!);
  }

  #readOf(id: bigint, generation: Generation, { dtype }: Elements): Read {
    const before = this.#read.get(id);
    if (before?.generation === generation) return before;
    const read = { generation, values: allocate(dtype, 0), isNull: new Uint8Array(0), length: 0, ends: [] };
    this.#read.set(id, read);
    return read;
  }

  async #append(read: Read, part: Batch, { dtype, boolBytes }: Elements): Promise<void> {
    const kept = boolBytes ? 'uint8' : dtype;
    mustHave(part, kept);
    const { rows, compression } = part;
    const elements = await this.#reader.open(bufferOf(part, 0, 1), compression, kept, rows);
    const first = read.length;
    makeRoom(read, dtype, first + rows);
    const { values } = read;
    for (let at = 0; at < rows; at += BLOCK) {
      if (this.#turns.due) await this.#turns.giveWay();
      const count = Math.min(BLOCK, rows - at);
      const block = await elements.read(at, count);
      for (let i = 0; i < count; i++) values[first + at + i] = boolBytes ? Number(block[i] !== 0) : block[i]!;
    }
    if (nullCountOf(part, 0) > 0) await this.#markNulls(read.isNull, first, part);
    read.length = first + rows;
    read.ends.push(read.length);
  }

  async #markNulls(isNull: Uint8Array, first: number, part: Batch): Promise<void> {
    const { rows, compression } = part;
    const validity = await this.#reader.open(bufferOf(part, 0, 0), compression, 'bool', rows);
    for (let at = 0; at < rows; at += BLOCK) {
      if (this.#turns.due) await this.#turns.giveWay();
      const count = Math.min(BLOCK, rows - at);
      const block = await validity.read(at, count);
      for (let i = 0; i < count; i++) isNull[first + at + i] = block[i] === 0 ? 1 : 0;
    }
  }
}

/** The length is only the file's claim: before memory is allocated for the values, the buffer must be large enough for them. */
function mustHave(part: Batch, kept: DType): void {
  const { length } = bufferOf(part, 0, 1);
  if (!couldHold(length, part.compression, kept, part.rows))
    throw corrupt(`a dictionary of ${part.rows} values in a buffer of ${length} bytes`);
}

/** Doubles the room when it must grow, since each of very many batches may bring a part of one value. */
function makeRoom(read: Read, dtype: DType, length: number): void {
  if (length <= read.values.length) return;
  const room = read.ends.length === 0 ? length : Math.max(length, 2 * read.values.length);
  const values = roomFor(dtype, room);
  values.set(read.values as never);
  const isNull = new Uint8Array(room);
  isNull.set(read.isNull);
  [read.values, read.isNull] = [values, isNull];
}

/** The first `length` values; the values after them came with a later batch. */
function entriesOf({ values, isNull }: Read, length: number): Dictionary {
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
            ...{ at, what: 'a null', expected: 'no nulls' },
            remedy: 'fill or drop the nulls before saving',
          };
        }
        found[at] = values[index]!;
      }
      return undefined;
    },
  };
}
