import { dataError } from '../errors.js';
import { type BufferReader, couldHold, type ElementBuffer } from './arrow-buffers.js';
import type { Level, NumericColumn } from './arrow-columns.js';
import type { LocatedBatch } from './arrow-messages.js';

/** Offsets or validity looked at together. */
const BLOCK = 2 ** 20;
const REMEDY = 'write the file anew';

/** Refuses a column with a null in a row, naming the first such row. Metadata says whether there is any; only then bits are read. */
export async function refuseNulls(
  path: string,
  reader: BufferReader,
  column: NumericColumn,
  batches: readonly LocatedBatch[],
  list?: ListShape,
): Promise<void> {
  let firstRow = 0;
  for (const [index, batch] of batches.entries()) {
    const rows: number[] = [];
    for (const level of column.levels) {
      if (batch.nodes[level.node]!.nullCount === 0 || level.belowList !== (list !== undefined)) continue;
      const perRow = level.perRow * (list?.perRow ?? 1);
      const row = await firstNullRow(
        reader,
        batch,
        column,
        level,
        (list?.starts[index] ?? 0) * level.perRow,
        perRow,
      );
      if (row !== undefined) rows.push(firstRow + row);
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

/**
 * The batch's row that holds the first null of one of the column's arrays. Only the elements of rows are looked at: before
 * `start` and behind the last row's end there may be others, which a slice left there.
 */
async function firstNullRow(
  reader: BufferReader,
  batch: LocatedBatch,
  column: NumericColumn,
  level: Level,
  start: number,
  perRow: number,
): Promise<number | undefined> {
  const end = start + batch.rows * perRow;
  const validity = await bufferOf(reader, batch, column, level.validityBuffer, 'bool', end);
  for (let first = start; first < end; first += BLOCK) {
    const index = (await validity.read(first, Math.min(BLOCK, end - first))).indexOf(0 as never);
    if (index !== -1) return Math.floor((first + index - start) / perRow);
  }
  return undefined;
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
  const dtype = column.boolBytes ? 'uint8' : column.dtype;
  return couldHold(batch.buffers[values]!.length, batch.compression, dtype, elements);
}
