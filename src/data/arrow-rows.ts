import { dataError } from '../errors.js';
import { type BufferReader, couldHold, type ElementBuffer } from './arrow-buffers.js';
import type { Level, NumericColumn } from './arrow-columns.js';
import type { LocatedBatch } from './arrow-messages.js';

/** Offsets or validity looked at together. */
const BLOCK = 2 ** 20;
const REMEDY = 'write the file anew';

/** Refuses a column with a null in it, naming the first row that has one. Metadata says whether there is any; only then bits are read. */
export async function refuseNulls(
  path: string,
  reader: BufferReader,
  column: NumericColumn,
  batches: readonly LocatedBatch[],
): Promise<void> {
  let firstRow = 0;
  for (const batch of batches) {
    const rows: number[] = [];
    for (const level of column.levels) {
      if (batch.nodes[level.node]!.nullCount === 0) continue;
      rows.push(firstRow + (await firstNullRow(reader, batch, column, level)));
    }
    if (rows.length > 0) {
      throw dataError(path, `column "${column.name}" has a null in row ${Math.min(...rows)}`, {
        expected: 'numbers alone',
        remedy: 'fill or drop the nulls before saving',
      });
    }
    firstRow += batch.rows;
  }
}

/** The batch's row that holds the first null of one of the column's arrays. */
async function firstNullRow(
  reader: BufferReader,
  batch: LocatedBatch,
  column: NumericColumn,
  level: Level,
): Promise<number> {
  const { length } = batch.nodes[level.node]!;
  const validity = await bufferOf(reader, batch, column, level.validityBuffer, 'bool', length);
  for (let first = 0; first < length; first += BLOCK) {
    const index = (await validity.read(first, Math.min(BLOCK, length - first))).indexOf(0 as never);
    if (index === -1) continue;
    const item = Math.floor((first + index) / level.perRow);
    return level.belowList ? await rowOfItem(reader, batch, column, item) : item;
  }
  return 0;
}

/** The row whose list holds `item`. */
async function rowOfItem(
  reader: BufferReader,
  batch: LocatedBatch,
  column: NumericColumn,
  item: number,
): Promise<number> {
  let found = 0;
  await eachOffset(reader, batch, column, (offset, row) => {
    if (offset <= item) found = row;
  });
  return Math.min(found, batch.rows - 1);
}

/** What is known of the rows of a list column: elements a row, and where each batch's begin among its elements. */
export interface ListShape {
  readonly perRow: number;
  readonly starts: readonly number[];
}

/** Reads the offsets of a variable list; a data error names the first row whose length is not that of row 0. */
export async function listShape(
  path: string,
  reader: BufferReader,
  column: NumericColumn,
  batches: readonly LocatedBatch[],
): Promise<ListShape> {
  let perRow: number | undefined;
  let firstRow = 0;
  const starts: number[] = [];
  for (const batch of batches) {
    let previous = 0;
    starts.push(0);
    await eachOffset(reader, batch, column, (offset, row) => {
      if (row === 0) starts[starts.length - 1] = offset;
      else {
        const length = offset - previous;
        perRow ??= length;
        if (length !== perRow) throw ragged(path, column, firstRow + row - 1, length, perRow);
      }
      previous = offset;
    });
    if (starts.at(-1)! < 0 || perRow! < 0) throw beyond(path, column);
    const elements = batch.nodes[column.levels[1]!.node]!.length;
    if (previous > elements) throw beyond(path, column);
    firstRow += batch.rows;
  }
  return { perRow: perRow ?? 0, starts };
}

function beyond(path: string, { name }: NumericColumn) {
  return dataError(path, `corrupt Arrow data: column "${name}" has lists beyond its elements`, {
    remedy: REMEDY,
  });
}

function ragged(path: string, { name }: NumericColumn, row: number, length: number, expected: number) {
  return dataError(path, `column "${name}" is ragged: row ${row} has ${length} elements`, {
    expected: `${expected}, as row 0 has`,
    remedy: 'pad or cut the lists to one length before saving',
  });
}

/** Calls back with each of a batch's rows + 1 offsets. */
async function eachOffset(
  reader: BufferReader,
  batch: LocatedBatch,
  column: NumericColumn,
  visit: (offset: number, row: number) => void,
): Promise<void> {
  const dtype = column.list === 64 ? 'int64' : 'int32';
  const count = batch.rows === 0 ? 0 : batch.rows + 1;
  const offsets = await bufferOf(reader, batch, column, column.levels[0]!.validityBuffer + 1, dtype, count);
  for (let first = 0; first < count; first += BLOCK) {
    const length = Math.min(BLOCK, count - first);
    const block = await offsets.read(first, length);
    for (let i = 0; i < length; i++) visit(Number(block[i]!), first + i);
  }
}

/** A buffer of a column in a batch, counted from the column's first. */
export function bufferOf(
  reader: BufferReader,
  batch: LocatedBatch,
  column: NumericColumn,
  buffer: number,
  dtype: Parameters<BufferReader['open']>[2],
  elements: number,
): Promise<ElementBuffer> {
  return reader.open(
    batch.buffers[batch.firstBuffers[column.field]! + buffer]!,
    batch.compression,
    dtype,
    elements,
  );
}

/** Whether the column's values in a batch may be `elements` or more, told from the length of their buffer. */
export function mayHold(batch: LocatedBatch, column: NumericColumn, elements: number): boolean {
  const values = batch.firstBuffers[column.field]! + column.levels.at(-1)!.validityBuffer + 1;
  return couldHold(batch.buffers[values]!.length, batch.compression, column.dtype, elements);
}
