import type { FileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { dataError } from '../errors.js';
import type { DType } from '../words.js';
import { BufferReader, type ElementBuffer } from './arrow-buffers.js';
import { type Column, columnsOf, isNumeric, type NumericColumn, selectColumns } from './arrow-columns.js';
import { type LocatedBatch, readContents } from './arrow-messages.js';
import { bufferOf, listShape, mayHold, refuseNulls } from './arrow-rows.js';
import { castToFloat32, copyStrided } from './cast.js';
import {
  allocateMatrix,
  type ColumnInfo,
  type DataFile,
  type Dataset,
  ELEMENT_BYTES,
  type LoadOptions,
  MAX_ELEMENTS,
  type Values,
} from './dataset.js';
import { openRegular } from './regular-file.js';

/** A column of the matrix's source: where its elements go and where they begin in each batch. */
interface Source {
  readonly column: NumericColumn;
  /** Elements a row. */
  readonly width: number;
  /** Where they begin in a row of the matrix. */
  readonly offset: number;
  /** The first element of each batch. */
  readonly starts: readonly number[];
}

interface Matrix {
  readonly path: string;
  readonly rows: number;
  readonly cols: number;
  readonly sources: readonly Source[];
  readonly batches: readonly LocatedBatch[];
}

/** Bytes of the matrix filled before the next column is turned to: rows of several columns meet in the cache. */
const BLOCK_BYTES = 8 * 2 ** 20;

/**
 * Reads the schema of an Arrow IPC file or stream and where its batches are; of the data only what says whether it is a
 * matrix: the validity of columns that have nulls, and the offsets of lists. The columns named, or all numeric ones, stand
 * beside each other in the matrix. Throws a data error for what is no matrix of numbers.
 */
export async function openArrow(
  path: string,
  file: FileHandle,
  fileBytes: number,
  variety: 'file' | 'stream',
  names?: readonly string[],
): Promise<DataFile> {
  const { schema, batches } = await readContents(path, file, fileBytes, variety);
  const columns = columnsOf(schema);
  const chosen = selectColumns(path, columns, names);
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  if (rows === 0)
    throw dataError(path, `no rows, in ${batches.length} record batches`, { expected: 'at least one' });
  const sources = await sourcesOf(path, new BufferReader(path, file), chosen, batches);
  const cols = sources.reduce((sum, { width }) => sum + width, 0);
  if (cols === 0) throw dataError(path, 'no columns: its lists are empty', { expected: 'at least one' });
  if (rows * cols > MAX_ELEMENTS) {
    throw dataError(path, `${rows * cols} elements`, {
      expected: `at most ${MAX_ELEMENTS}`,
      remedy: 'save a part of it',
    });
  }
  const matrix: Matrix = { path, rows, cols, sources, batches };
  return {
    ...{ path, format: 'arrow', variety, shape: [rows, cols], rows, cols, fileBytes, order: 'row-major' },
    byteOrder: 'little',
    dtype: dtypesOf(sources).join('+'),
    compression: batches.find(({ compression }) => compression !== 'none')?.compression ?? 'none',
    columns: columnInfos(columns, sources),
    load: (options) => load(matrix, options),
  } as DataFile;
}

async function sourcesOf(
  path: string,
  reader: BufferReader,
  columns: readonly NumericColumn[],
  batches: readonly LocatedBatch[],
): Promise<Source[]> {
  const sources: Source[] = [];
  let offset = 0;
  for (const column of columns) {
    await refuseNulls(path, reader, column, batches);
    const list = column.list === undefined ? undefined : await listShape(path, reader, column, batches);
    if (list !== undefined) await refuseNulls(path, reader, column, batches, list);
    const width = column.width * (list?.perRow ?? 1);
    const starts = batches.map((_, i) => (list?.starts[i] ?? 0) * column.width);
    mustHaveElements(path, column, width, starts, batches);
    sources.push({ column, width, offset, starts });
    offset += width;
  }
  return sources;
}

/** Lengths are the file's claims: before room is made for the rows, arrays and buffers must be enough for them. */
function mustHaveElements(
  path: string,
  column: NumericColumn,
  width: number,
  starts: readonly number[],
  batches: readonly LocatedBatch[],
): void {
  const { name, levels } = column;
  const short = batches.some((batch, i) => {
    const outer = batch.nodes[levels[0]!.node]!.length;
    const inner = batch.nodes[levels.at(-1)!.node]!.length;
    const needed = starts[i]! + batch.rows * width;
    return outer !== batch.rows || inner < needed || !mayHold(batch, column, needed);
  });
  if (short) {
    throw dataError(path, `corrupt Arrow data: column "${name}" has fewer elements than its rows need`, {
      remedy: 'write the file anew',
    });
  }
}

function dtypesOf(sources: readonly Source[]): DType[] {
  return [...new Set(sources.map(({ column }) => column.dtype))];
}

function columnInfos(columns: readonly Column[], sources: readonly Source[]): ColumnInfo[] {
  const widths = new Map<Column, number>(sources.map(({ column, width }) => [column, width]));
  return columns.map((column) => {
    const { name, type } = column;
    return { name, type, width: widths.get(column) ?? (isNumeric(column) ? column.width : 0) };
  });
}

async function load(matrix: Matrix, options: LoadOptions = {}): Promise<Dataset> {
  const { path, rows, cols, sources } = matrix;
  const dtypes = dtypesOf(sources);
  const [only, another] = dtypes;
  if (options.dtype === 'native' && another !== undefined) {
    throw dataError(path, `columns of several types (${dtypes.join(', ')})`, {
      expected: 'one type with --dtype native',
      remedy: 'use --dtype float32, or name columns of one type',
    });
  }
  const dtype = options.dtype === 'native' ? only! : 'float32';
  const values = allocateMatrix(path, dtype, rows, cols);
  const { file } = await openRegular(path);
  try {
    await fill(new BufferReader(path, file), matrix, values, dtype, options);
  } finally {
    await file.close();
  }
  const castFrom = dtypes.join('+');
  return { path, format: 'arrow', dtype, ...(dtype !== castFrom && { castFrom }), rows, cols, values };
}

async function fill(
  reader: BufferReader,
  { cols, rows, sources, batches }: Matrix,
  values: Values,
  dtype: DType,
  { signal, onProgress }: LoadOptions,
): Promise<void> {
  const rowBytes = cols * ELEMENT_BYTES[dtype];
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  let firstRow = 0;
  for (const [index, batch] of batches.entries()) {
    const buffers: ElementBuffer[] = [];
    for (const source of sources) buffers.push(await elementsOf(reader, batch, source, index));
    for (let row = 0; row < batch.rows; row += blockRows) {
      // Elements that are unpacked already are placed without waiting: nobody could stop it, nor see how far it is.
      await setImmediate();
      signal?.throwIfAborted();
      const count = Math.min(blockRows, batch.rows - row);
      for (const [i, source] of sources.entries()) {
        const elements = await buffers[i]!.read(
          source.starts[index]! + row * source.width,
          count * source.width,
        );
        place(elements, source, count, values, dtype, (firstRow + row) * cols, cols);
      }
      onProgress?.((firstRow + row + count) * rowBytes, rows * rowBytes);
    }
    firstRow += batch.rows;
  }
}

async function elementsOf(
  reader: BufferReader,
  batch: LocatedBatch,
  { column, width, starts }: Source,
  index: number,
): Promise<ElementBuffer> {
  const elements = starts[index]! + batch.rows * width;
  const valuesBuffer = column.levels.at(-1)!.validityBuffer + 1;
  if (!column.boolBytes) return bufferOf(reader, batch, column, valuesBuffer, column.dtype, elements);
  const bytes = await bufferOf(reader, batch, column, valuesBuffer, 'uint8', elements);
  return {
    read: async (first, count) => {
      const block = await bytes.read(first, count);
      return Uint8Array.from({ length: count }, (_, i) => (block[i] === 0 ? 0 : 1));
    },
  };
}

/** Puts `count` rows of a column where they belong; the first row of the block begins at `start`. */
function place(
  elements: Values,
  { column, width, offset }: Source,
  count: number,
  values: Values,
  dtype: DType,
  start: number,
  cols: number,
): void {
  const put = (from: number, length: number, to: number, stride: number) => {
    if (column.dtype === dtype) copyStrided(elements, from, length, values, to, stride);
    else castToFloat32(elements, column.dtype, from, length, values as Float32Array, to, stride);
  };
  if (width === cols) put(0, count * width, start, 1);
  else if (width === 1) put(0, count, start + offset, cols);
  else for (let row = 0; row < count; row++) put(row * width, width, start + row * cols + offset, 1);
}
