/**
 * Arrow's IPC files and streams are read here, and not by apache-arrow, for three reasons: a column goes straight into one
 * matrix, a buffer at a time, so that the peak is one matrix and not two; metadata is verified before it is believed (see
 * `flatbuffer.ts`), which the JavaScript library does not do; and buffers may be compressed. From apache-arrow come the
 * numbers of the format's versions. Rooms: `message` and `batch` are the format's messages, `ipc-file` and `ipc-stream` the
 * two ways in which they follow each other; `columns` and `ranges` find numbers in them, `buffers` reads, `unpacking` unpacks
 * by `codecs`, `load` fills.
 */
import type { FileHandle } from 'node:fs/promises';
import { type Contents, MAX_ELEMENTS } from '../dataset.js';
import { Fault } from '../fault.js';
import type { Batch } from './batch.js';
import { BufferReader } from './buffers.js';
import { type Column, columnsOf, leftOutOf, type NumericColumn, selectColumns } from './columns.js';
import { placesOf } from './extensions.js';
import { readIpcFile } from './ipc-file.js';
import { readIpcStream } from './ipc-stream.js';
import { dtypesOf, load, type Source } from './load.js';
import { MessageReader } from './message.js';
import { rangesOf } from './ranges.js';

/**
 * Reads the schema of an Arrow IPC file or stream and where its batches are; of the data only what says whether it is a
 * matrix: the validity of columns that have nulls, and the offsets of lists. The columns named, or all numeric ones but
 * pandas' indexes, stand beside each other in the matrix. Throws a fault for what is no matrix of numbers.
 */
export async function openArrow(
  file: FileHandle,
  fileBytes: number,
  variety: 'file' | 'stream',
  names?: readonly string[],
): Promise<Contents> {
  const messages = new MessageReader(file, fileBytes);
  const { schema, batches } = await (variety === 'file' ? readIpcFile(messages) : readIpcStream(messages));
  const columns = columnsOf(schema);
  const chosen = selectColumns(columns, names);
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  if (rows === 0)
    throw new Fault(`no rows, in ${batches.length} record batches`, { expected: 'at least one' });
  const reader = new BufferReader(file);
  const sources = await sourcesOf(reader, chosen, batches);
  const cols = sources.reduce((sum, { width }) => sum + width, 0);
  if (cols === 0) throw new Fault('no columns: its lists are empty', { expected: 'at least one' });
  if (rows * cols > MAX_ELEMENTS) {
    throw new Fault(`${rows * cols} elements`, {
      expected: `at most ${MAX_ELEMENTS}`,
      remedy: 'save a part of it',
    });
  }
  const leftOut = names === undefined ? leftOutOf(columns) : [];
  return {
    ...{ format: 'arrow', variety, shape: [rows, cols], rows, cols, order: 'row-major', byteOrder: 'little' },
    dtype: dtypesOf(sources).join('+'),
    compression: batches.find(({ compression }) => compression !== 'none')?.compression ?? 'none',
    columns: columnInfos(columns, sources),
    ...(leftOut.length > 0 && { leftOut }),
    load: (options) => load(file, reader, { rows, cols, sources, batches }, options),
  };
}

async function sourcesOf(
  reader: BufferReader,
  columns: readonly NumericColumn[],
  batches: readonly Batch[],
): Promise<Source[]> {
  const sources: Source[] = [];
  let offset = 0;
  for (const column of columns) {
    const { width, starts } = await rangesOf(reader, column, batches);
    const places = column.permuted && placesOf(column.permuted);
    sources.push({ column, width, offset, starts, ...(places && { places }) });
    offset += width;
  }
  return sources;
}

function columnInfos(columns: readonly Column[], sources: readonly Source[]) {
  const widths = new Map<Column, number>(sources.map(({ column, width }) => [column, width]));
  return columns.map((column) => {
    const { name, type, leftOut } = column;
    const width = widths.get(column) ?? 0;
    return { name, type, width, ...(leftOut && width === 0 && { leftOut }) };
  });
}
