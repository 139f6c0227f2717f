/**
 * Arrow IPC files and streams are read here and not by apache-arrow, for three reasons. Each column goes directly into one
 * matrix, one buffer at a time, so that peak memory is one matrix instead of two. Metadata is verified before it is trusted (see
 * `flatbuffer.ts`), which the JavaScript library does not do. Buffers may be compressed. Only the numbers of the format's
 * versions come from apache-arrow.
 * The modules: `message` and `batch` are the format's messages; `ipc-file` and `ipc-stream` are its two container formats;
 * `columns` and `ranges` find the numbers in the batches; `buffers` reads them; `unpacking` decompresses with `codecs`; `load`
 * fills the matrix.
 */

import type { FileHandle } from 'node:fs/promises';
import { shortenedInMiddle } from '../../text.js';
import { counted } from '../../units.js';
import { type ColumnInfo, type Contents, MAX_ELEMENTS } from '../dataset.js';
import { Fault } from '../fault.js';
import { Turns } from '../turns.js';
import type { Batch } from './batch.js';
import { BufferReader } from './buffers.js';
import {
  type Column,
  columnsOf,
  dictionariesAskedFor,
  leftOutOf,
  type NumericColumn,
  selectColumns,
} from './columns.js';
import { placesOf } from './extensions.js';
import { readIpcFile } from './ipc-file.js';
import { readIpcStream } from './ipc-stream.js';
import { dtypesOf, load, type Source } from './load.js';
import { MessageReader } from './message.js';
import { rangesOf } from './ranges.js';

/** Options for opening an Arrow file. */
export interface ArrowOptions {
  /** The columns that make up the matrix. Default: all numeric ones except pandas indexes. */
  readonly columns?: readonly string[] | undefined;
  /** When it fires, opening stops and throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the schema of an Arrow IPC file or stream and the positions of its batches. Of the data it reads only what decides
 * whether it is a matrix: the validity of columns that have nulls, and the offsets of lists. Throws a fault if the file is not a
 * matrix of numbers.
 */
export async function openArrow(
  file: FileHandle,
  fileBytes: number,
  variety: 'file' | 'stream',
  { columns: names, signal }: ArrowOptions = {},
): Promise<Contents> {
  const turns = new Turns(signal);
  const read = variety === 'file' ? readIpcFile : readIpcStream;
  let columns: readonly Column[] = [];
  let chosen: readonly NumericColumn[] = [];
  const { batches, dictionaries } = await read(
    new MessageReader(file, fileBytes),
    (schema) => {
      columns = columnsOf(schema);
      chosen = selectColumns(columns, names);
      return dictionariesAskedFor(chosen);
    },
    turns,
  );
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  if (rows === 0) {
    throw new Fault(`no rows, in ${counted(batches.length, 'record batch', 'record batches')}`, {
      expected: 'at least one',
    });
  }
  const reader = new BufferReader(file);
  const sources = await sourcesOf(reader, chosen, batches, turns);
  const cols = sources.reduce((sum, { width }) => sum + width, 0);
  if (cols === 0) throw new Fault('no columns: its lists are empty', { expected: 'at least one' });
  if (rows * cols > MAX_ELEMENTS) {
    throw new Fault(`${rows * cols} elements`, {
      expected: `at most ${MAX_ELEMENTS}`,
      remedy: 'save part of it',
    });
  }
  const infos = columnInfos(columns, chosen, sources);
  const leftOut = leftOutOf(infos);
  return {
    ...{ format: 'arrow', variety, shape: [rows, cols], rows, cols, order: 'row-major', byteOrder: 'little' },
    dtype: dtypesOf(sources).join('+'),
    compression: batches.find(({ compression }) => compression !== 'none')?.compression ?? 'none',
    columns: infos,
    ...(names === undefined && leftOut.length > 0 && { leftOut }),
    load: (options) => load(file, reader, { rows, cols, sources, batches, dictionaries }, options),
  };
}

/** Places the columns side by side; a column whose lists are all empty is not part of the matrix. */
async function sourcesOf(
  reader: BufferReader,
  columns: readonly NumericColumn[],
  batches: readonly Batch[],
  turns: Turns,
): Promise<Source[]> {
  const sources: Source[] = [];
  let offset = 0;
  for (const column of columns) {
    const { width, starts } = await rangesOf(reader, column, batches, turns);
    if (width === 0) continue;
    const places = column.permuted && placesOf(column.permuted);
    sources.push({ column, width, offset, starts, ...(places && { places }) });
    offset += width;
  }
  return sources;
}

/** How many characters of a column name are kept: names may be of any length, and very many columns may have one. */
const MAX_NAME_CHARACTERS = 1000;

function columnInfos(
  columns: readonly Column[],
  chosen: readonly NumericColumn[],
  sources: readonly Source[],
): ColumnInfo[] {
  const widths = new Map<Column, number>(chosen.map((column) => [column, 0]));
  for (const { column, width } of sources) widths.set(column, width);
  return columns.map((column) => {
    const { name, type, leftOut } = column;
    const width = widths.get(column);
    const why = width === 0 ? 'no-numbers' : width === undefined ? leftOut : undefined;
    return {
      name: shortenedInMiddle(name, MAX_NAME_CHARACTERS),
      type,
      width: width ?? 0,
      ...(why && { leftOut: why }),
    };
  });
}
