import { shown } from '../../text.js';
import { counted } from '../../units.js';
import type { DType } from '../../words.js';
import { Fault } from '../fault.js';
import type { Turns } from '../turns.js';
import { type Batch, bufferOf, lengthOf, nullCountOf } from './batch.js';
import { BLOCK, type BufferReader, couldHold } from './buffers.js';
import type { Level, NumericColumn } from './columns.js';
import { REMEDY } from './message.js';

/** Where a column's elements are: every row has the same number, and those of a batch are contiguous from `starts` on. */
export interface Ranges {
  /** Elements per row. */
  readonly width: number;
  /** The index of the first element in each batch. */
  readonly starts: readonly number[];
}

/**
 * Finds the elements of a column's rows, level by level from the outermost array to the innermost. At each level a row has
 * `width` consecutive entries. It reads only offsets, and the validity of arrays that have nulls. It ignores entries before the
 * first row and after the last, which a slice may leave. Throws a fault that names the first row with a null or with a list of
 * another length than row 0, or that says that an array has fewer entries than the rows need.
 */
export async function rangesOf(
  reader: BufferReader,
  column: NumericColumn,
  batches: readonly Batch[],
  turns: Turns,
): Promise<Ranges> {
  let width = 1;
  let starts = startsOf(batches);
  const nulls: number[] = [];
  for (const level of column.levels) {
    if (turns.due) await turns.giveWay();
    mustHave(column, level, batches, starts, width);
    const found = await firstNullRow(reader, level, batches, starts, width, turns);
    if (found !== undefined) nulls.push(found);
    if (level.kind === 'fixed-size-list') {
      starts = starts.map((start) => start * level.size);
      width *= level.size;
    } else if (level.kind === 'list') {
      const lists = await listsOf(reader, level, batches, starts, width, turns);
      // A null is usually a list of another length too, so nulls are reported first.
      if (lists.ragged !== undefined && nulls.length === 0) throw ragged(column, lists.ragged, lists.length);
      if (nulls.length > 0) break;
      if (lists.length < 0)
        throw new Fault(`corrupt Arrow data: column "${shown(column.name)}" has lists beyond its elements`, {
          remedy: REMEDY,
        });
      starts = lists.starts;
      width *= lists.length;
    }
  }
  if (nulls.length === 0) return { width, starts };
  throw new Fault(`column "${shown(column.name)}" has a null in row ${Math.min(...nulls)}`, {
    expected: 'no nulls',
    remedy: 'fill or drop the nulls before saving',
  });
}

/** Where the rows of each batch begin before any list level; shared by all columns, since there may be many. */
const rowStarts = new WeakMap<readonly Batch[], readonly number[]>();

function startsOf(batches: readonly Batch[]): readonly number[] {
  const starts = rowStarts.get(batches) ?? batches.map(() => 0);
  rowStarts.set(batches, starts);
  return starts;
}

/**
 * Lengths are only the file's claims: before memory is allocated for the rows, arrays and buffers must be large enough for them.
 */
function mustHave(
  { name }: NumericColumn,
  level: Level,
  batches: readonly Batch[],
  starts: readonly number[],
  width: number,
): void {
  const short = batches.some((batch, i) => {
    const length = lengthOf(batch, level.node);
    const needed = starts[i]! + batch.rows * width;
    return length < needed || !mayHold(batch, level, length);
  });
  if (short) {
    throw new Fault(`corrupt Arrow data: column "${shown(name)}" has fewer elements than its rows need`, {
      remedy: REMEDY,
    });
  }
}

/** Whether a batch's buffer is long enough to hold an array of `length` entries. */
function mayHold(batch: Batch, level: Level, length: number): boolean {
  if (length === 0 || level.kind === 'struct' || level.kind === 'fixed-size-list') return true;
  const buffer = bufferOf(batch, level.node, 1);
  const holds = (kept: DType, elements: number) =>
    couldHold(buffer.length, batch.compression, kept, elements);
  if (level.kind === 'list') return holds(level.offsets, length + 1);
  const { dtype, boolBytes, dictionary } = level;
  return holds(dictionary?.index ?? (boolBytes ? 'uint8' : dtype), length);
}

/**
 * Returns the first row with a null among the entries of its rows. The validity bits are read only if the metadata says that
 * there are nulls.
 */
async function firstNullRow(
  reader: BufferReader,
  { node }: Level,
  batches: readonly Batch[],
  starts: readonly number[],
  width: number,
  turns: Turns,
): Promise<number | undefined> {
  let firstRow = 0;
  for (const [index, batch] of batches.entries()) {
    if (nullCountOf(batch, node) > 0) {
      const start = starts[index]!;
      const end = start + batch.rows * width;
      const validity = await reader.open(bufferOf(batch, node, 0), batch.compression, 'bool', end);
      for (let first = start; first < end; first += BLOCK) {
        if (turns.due) await turns.giveWay();
        const at = (await validity.read(first, Math.min(BLOCK, end - first))).indexOf(0 as never);
        if (at !== -1) return firstRow + Math.floor((first + at - start) / width);
      }
    }
    firstRow += batch.rows;
  }
  return undefined;
}

interface Lists {
  /** Entries of each list; negative if the offsets are invalid. */
  readonly length: number;
  /** Where the entries of each batch begin. */
  readonly starts: readonly number[];
  /** The first row whose list has another length. */
  readonly ragged?: { readonly row: number; readonly length: number };
}

/** Reads the offsets of a list level. */
async function listsOf(
  reader: BufferReader,
  level: Level & { kind: 'list' },
  batches: readonly Batch[],
  firstLists: readonly number[],
  width: number,
  turns: Turns,
): Promise<Lists> {
  let length: number | undefined;
  let firstRow = 0;
  const starts: number[] = [];
  for (const [index, batch] of batches.entries()) {
    const first = firstLists[index]!;
    const lists = batch.rows * width;
    const end = lists === 0 ? first : first + lists + 1;
    const offsets = await reader.open(bufferOf(batch, level.node, 1), batch.compression, level.offsets, end);
    let [start, previous] = [0, 0];
    for (let at = first; at < end; at += BLOCK) {
      if (turns.due) await turns.giveWay();
      const count = Math.min(BLOCK, end - at);
      const block = await offsets.read(at, count);
      for (let i = 0; i < count; i++) {
        const offset = Number(block[i]!);
        if (at + i === first) start = offset;
        else {
          const seen = offset - previous;
          length ??= seen;
          if (seen !== length) {
            const row = firstRow + Math.floor((at + i - 1 - first) / width);
            return { length, starts, ragged: { row, length: seen } };
          }
        }
        previous = offset;
      }
    }
    if (start < 0 || (length ?? 0) < 0) return { length: -1, starts };
    starts.push(start);
    firstRow += batch.rows;
  }
  return { length: length ?? 0, starts };
}

function ragged(
  { name }: NumericColumn,
  { row, length }: { readonly row: number; readonly length: number },
  expected: number,
): Fault {
  return new Fault(`column "${shown(name)}" is ragged: row ${row} has ${counted(length, 'element')}`, {
    expected: `${expected}, as row 0 has`,
    remedy: 'pad or cut the lists to one length before saving',
  });
}
