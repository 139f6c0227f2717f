import { Fault } from '../fault.js';
import { HEADER, type RecordBatchTable, VERSION } from './format.js';
import { layOut } from './layout.js';
import { ALIGNMENT, corrupt, count, type Message, REMEDY, type Region } from './message.js';
import type { Field, Schema } from './schema.js';

/** How the buffers of a batch are compressed, each by itself. */
export type Compression = 'none' | 'lz4' | 'zstd';

/** A record batch as its message describes it; nothing of its body was read. */
export interface Batch {
  readonly rows: number;
  /** Of the message's metadata: before version 5 a union has a validity buffer. */
  readonly version: number;
  /** A node an array, parents before children. */
  readonly nodes: readonly { readonly length: number; readonly nullCount: number }[];
  /** The buffers of all arrays, in the same order. */
  readonly buffers: readonly Region[];
  /** The index of each node's first buffer. */
  readonly firstBuffers: readonly number[];
  /** Data buffers of each view array. */
  readonly variadicCounts: readonly number[];
  readonly compression: Compression;
  /** The dictionaries that its arrays may point into: the parts of each, by its id. */
  readonly dictionaries: Dictionaries;
}

/** The dictionaries at a place of a file: the parts of each, by its id. */
export type Dictionaries = ReadonlyMap<bigint, readonly Batch[]>;

/** A dictionary as its message describes it: an array that the fields with its id point into. */
export interface DictionaryBatch {
  readonly id: bigint;
  /** It is added to what the id had, instead of taking its place. */
  readonly isDelta: boolean;
  readonly batch: Batch;
}

/** The record batch of a message. */
export function recordBatchOf(message: Message, { fields }: Schema, dictionaries: Dictionaries): Batch {
  const { header, headerType, body, version, customMetadata } = message;
  if (header?.type !== HEADER.RecordBatch)
    throw corrupt(`a message of type ${headerType} where a record batch should be`);
  // Arrow 0.17 named the codec here, before the format had a place for it: the buffers would be taken for numbers.
  if (customMetadata.some(({ key }) => key === 'ARROW:experimental_compression'))
    throw new Fault('compressed as Arrow 0.17 did', { remedy: REMEDY });
  return batchOf(header.value, body, version, fields, dictionaries);
}

/** The dictionary of a message. What claims to be one that the schema has not may be rows. */
export function dictionaryBatchOf(
  { header, headerType, body, version }: Message,
  dictionaries: ReadonlyMap<bigint, Field>,
): DictionaryBatch {
  if (header?.type !== HEADER.DictionaryBatch)
    throw corrupt(`a message of type ${headerType} where a batch should be`);
  const { id, data, isDelta } = header.value;
  const field = dictionaries.get(id);
  if (field === undefined) throw corrupt(`a dictionary ${id} that no column has`);
  if (data === undefined) throw corrupt(`a dictionary ${id} without values`);
  const values: Field = { ...field, dictionary: undefined };
  return { id, isDelta, batch: batchOf(data, body, version, [values], new Map()) };
}

/** The dictionaries after one more: it takes the place of what its id had, or is added to it. */
export function withDictionary(known: Dictionaries, { id, isDelta, batch }: DictionaryBatch): Dictionaries {
  const before = known.get(id) ?? [];
  return new Map(known).set(id, isDelta ? [...before, batch] : [batch]);
}

/** A compressed buffer begins with its length before it was packed. */
const UNPACKED_LENGTH_BYTES = 8;

function batchOf(
  batch: RecordBatchTable,
  body: Region,
  version: number,
  fields: readonly Field[],
  dictionaries: Dictionaries,
): Batch {
  const { nodes, buffers } = batch;
  if (nodes === undefined || buffers === undefined) throw corrupt('a record batch without arrays');
  const variadicCounts = batch.variadicBufferCounts.map((views) => count(views, 'buffers of a view'));
  const layout = layOut(fields, version, variadicCounts);
  if (nodes.length !== layout.nodes || buffers.length !== layout.buffers)
    throw new Fault('corrupt Arrow data: a record batch that does not match the schema', { remedy: REMEDY });
  for (const { length, nullCount } of nodes) {
    count(length, 'elements');
    if (count(nullCount, 'nulls') > length) throw corrupt(`${nullCount} nulls of ${length} elements`);
  }
  const rows = count(batch.length, 'rows');
  if (
    batch.compression !== undefined &&
    buffers.some(({ length }) => length > 0 && length < UNPACKED_LENGTH_BYTES)
  )
    throw corrupt('a compressed buffer too short for its length');
  if (layout.unionsWithValidity.some((union) => nodes[union]!.nullCount !== 0))
    throw corrupt('a union with nulls of its own');
  // An array of another length is damage, though it may be of a column that is not read.
  for (const root of layout.roots) {
    const { length } = nodes[root]!;
    if (length !== rows) throw corrupt(`an array of ${length} in a batch of ${rows} rows`);
  }
  return {
    rows,
    version,
    nodes,
    buffers: buffers.map(({ offset, length }) => within(body, offset, length)),
    firstBuffers: layout.firstBuffers,
    variadicCounts,
    compression: compressionOf(batch, version),
    dictionaries,
  };
}

function within(body: Region, offset: number, bytes: number): Region {
  const start = count(offset, 'bytes before a buffer');
  const length = count(bytes, 'bytes in a buffer');
  if (start % ALIGNMENT !== 0) throw corrupt(`a buffer at byte ${start} of its batch, not a multiple of 8`);
  if (start + length > body.length) throw corrupt('a buffer beyond the end of its batch');
  return { position: body.position + start, length };
}

function compressionOf({ compression }: RecordBatchTable, version: number): Compression {
  if (compression === undefined) return 'none';
  // Version 4 had no compression: pyarrow 26 takes such buffers for numbers as they are.
  if (version < VERSION.V5) throw new Fault('compressed, with metadata of version 4', { remedy: REMEDY });
  if (compression.method !== 0) throw corrupt(`compression by method ${compression.method}`);
  const name = (['lz4', 'zstd'] as const)[compression.codec];
  if (name === undefined) throw corrupt(`compression of type ${compression.codec}`);
  return name;
}
