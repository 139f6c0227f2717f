import type { FileHandle } from 'node:fs/promises';
import { shown } from '../../text.js';
import type { DType } from '../../words.js';
import { castTo, copyStrided, loadedDType } from '../cast.js';
import {
  allocate,
  allocateMatrix,
  ELEMENT_BYTES,
  type LoadedMatrix,
  type LoadOptions,
  type Values,
} from '../dataset.js';
import { Fault } from '../fault.js';
import { Payload } from '../payload.js';
import { type Run, readRowMajor } from '../row-major.js';
import { Turns } from '../turns.js';
import { type Batch, bufferOf, lengthOf } from './batch.js';
import type { BufferReader, ElementBuffer } from './buffers.js';
import type { Elements, NumericColumn } from './columns.js';
import type { Dictionaries } from './dictionaries.js';
import { DictionaryReader } from './dictionary.js';

/** A column to load: where its elements go, and where they begin in each batch. */
export interface Source {
  readonly column: NumericColumn;
  /** Elements per row. */
  readonly width: number;
  /** Where they begin in a row of the matrix. */
  readonly offset: number;
  /** The index of the first element in each batch. */
  readonly starts: readonly number[];
  /** Places of a row's elements, for a tensor whose axes are stored in another order. */
  readonly places?: Uint32Array;
}

/** What is loaded: the columns side by side, the batches one below the other. */
export interface Sources {
  readonly rows: number;
  readonly cols: number;
  readonly sources: readonly Source[];
  readonly batches: readonly Batch[];
  readonly dictionaries: Dictionaries;
}

/** Size of a read of data that has the same layout in the file as in the matrix, bytes. */
const CHUNK_BYTES = 4 * 2 ** 20;
/** How much of the matrix is filled before switching to the next column, bytes: the columns of a row then meet in the cache. */
const BLOCK_BYTES = 2 ** 20;
/**
 * Batches of fewer bytes are read as if their layout differed from the matrix: one asynchronous read per batch takes ten times as
 * long.
 */
const MIN_RUN_BYTES = 2 ** 14;

export function dtypesOf(sources: readonly Source[]): DType[] {
  return [...new Set(sources.map(({ column }) => column.dtype))];
}

/** Reads the columns into one matrix, a block of rows at a time. Throws a fault if a buffer is corrupt. */
export async function load(
  file: FileHandle,
  reader: BufferReader,
  matrix: Sources,
  options: LoadOptions = {},
): Promise<LoadedMatrix> {
  const { rows, cols, sources } = matrix;
  const dtypes = dtypesOf(sources);
  const [only, another] = dtypes;
  if (options.dtype === 'native' && another !== undefined) {
    throw new Fault(`columns of several types (${dtypes.join(', ')})`, {
      expected: 'one type with --dtype native',
      remedy: 'use --dtype float32, or name columns of one type',
    });
  }
  const dtype = loadedDType(only!, options.dtype);
  const values = await allocateMatrix(dtype, rows, cols);
  const turns = new Turns(options.signal);
  const runs = await runsOf(reader, matrix, turns);
  if (runs === undefined) await fill(reader, matrix, values, dtype, options, turns);
  else {
    const elementBytes = ELEMENT_BYTES[only!];
    const stored = { elementBytes, byteOrder: 'little', totalBytes: values.length * elementBytes } as const;
    await readRowMajor(new Payload(file, stored, options), runs, only!, values, dtype, CHUNK_BYTES);
  }
  const castFrom = dtypes.join('+');
  return { dtype, ...(dtype !== castFrom && { castFrom }), rows, cols, values };
}

/** Returns the positions of the batches' rows if they have the same layout in the file as in the matrix; otherwise undefined. */
async function runsOf(
  reader: BufferReader,
  { rows, cols, sources, batches }: Sources,
  turns: Turns,
): Promise<Run[] | undefined> {
  const [source, another] = sources;
  if (source === undefined || another !== undefined) return undefined;
  const { column, starts } = source;
  const { node, dtype, boolBytes, dictionary } = column.levels.at(-1) as Elements;
  if (column.permuted !== undefined || dictionary !== undefined || boolBytes || dtype === 'bool')
    return undefined;
  if (batches.some(({ compression }) => compression !== 'none')) return undefined;
  if ((rows * cols * ELEMENT_BYTES[dtype]) / batches.length < MIN_RUN_BYTES) return undefined;
  const runs: Run[] = [];
  let first = 0;
  for (const [index, batch] of batches.entries()) {
    if (turns.due) await turns.giveWay();
    const region = bufferOf(batch, node, 1);
    const [start, count] = [starts[index]!, batch.rows * cols];
    // Opening refuses a buffer that is too short, and reads nothing of an uncompressed one.
    await reader.open(region, 'none', dtype, start + count);
    runs.push({ position: region.position + start * ELEMENT_BYTES[dtype], first, count });
    first += count;
  }
  return runs;
}

async function fill(
  reader: BufferReader,
  { cols, rows, sources, batches, dictionaries }: Sources,
  values: Values,
  dtype: DType,
  { signal, onProgress }: LoadOptions,
  turns: Turns,
): Promise<void> {
  const dictionaryReader = new DictionaryReader(reader, dictionaries, turns);
  const rowBytes = cols * ELEMENT_BYTES[dtype];
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  let firstRow = 0;
  for (const [index, batch] of batches.entries()) {
    const buffers: ElementBuffer[] = [];
    for (const source of sources) {
      if (turns.due) await turns.giveWay();
      buffers.push(await elementsOf(reader, dictionaryReader, batch, source, index, firstRow));
    }
    for (let row = 0; row < batch.rows; row += blockRows) {
      signal?.throwIfAborted();
      const count = Math.min(blockRows, batch.rows - row);
      for (const [i, source] of sources.entries()) {
        // Decompressing and placing never wait for I/O; without yielding, loading could not be stopped and would show no
        // progress.
        if (turns.due) await turns.giveWay();
        const first = source.starts[index]! + row * source.width;
        const elements = await buffers[i]!.read(first, count * source.width);
        place(elements, source, count, values, dtype, (firstRow + row) * cols, cols);
      }
      onProgress?.((firstRow + row + count) * rowBytes, rows * rowBytes);
    }
    firstRow += batch.rows;
  }
}

async function elementsOf(
  reader: BufferReader,
  dictionaries: DictionaryReader,
  batch: Batch,
  { column, width, starts }: Source,
  index: number,
  firstRow: number,
): Promise<ElementBuffer> {
  const elements = column.levels.at(-1) as Elements;
  const { node, dtype, boolBytes, dictionary } = elements;
  const start = starts[index]!;
  const open = (kept: DType) =>
    reader.open(
      bufferOf(batch, node, 1),
      batch.compression,
      kept,
      // The rows may need only part of the array, but the buffer must be long enough for all of it.
      Math.max(start + batch.rows * width, lengthOf(batch, node)),
    );
  if (dictionary !== undefined) {
    const indexes = await open(dictionary.index);
    const entries = await dictionaries.of(batch, elements);
    return {
      read: async (first, count) => {
        const found = allocate(dtype, count);
        const wrong = entries.lookUp(await indexes.read(first, count), count, found);
        if (wrong === undefined) return found;
        const row = firstRow + Math.floor((first + wrong.at - start) / width);
        throw new Fault(`column "${shown(column.name)}" has ${wrong.what} in row ${row}`, wrong);
      },
    };
  }
  return boolBytes ? truths(await open('uint8')) : open(dtype);
}

/** Bools of one byte each: every value but 0 is true. */
function truths(bytes: ElementBuffer): ElementBuffer {
  return {
    read: async (first, count) => {
      const block = await bytes.read(first, count);
      return Uint8Array.from({ length: count }, (_, i) => (block[i] === 0 ? 0 : 1));
    },
  };
}

/** Copies `count` rows of a column into the matrix; the first row of the block begins at `start`. */
function place(
  elements: Values,
  { column, width, offset, places }: Source,
  count: number,
  values: Values,
  dtype: DType,
  start: number,
  cols: number,
): void {
  const cast = castTo(dtype);
  const put = (from: number, length: number, to: number, stride: number) => {
    if (column.dtype === dtype) copyStrided(elements, from, length, values, to, stride);
    else cast(elements, column.dtype, from, length, values, to, stride);
  };
  if (places !== undefined) {
    for (let row = 0; row < count; row++)
      for (let i = 0; i < width; i++) put(row * width + i, 1, start + row * cols + offset + places[i]!, 1);
  } else if (width === cols) put(0, count * width, start, 1);
  else if (width === 1) put(0, count, start + offset, cols);
  else for (let row = 0; row < count; row++) put(row * width, width, start + row * cols + offset, 1);
}
