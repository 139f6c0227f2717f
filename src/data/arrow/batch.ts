import { Fault } from '../fault.js';
import { HEADER, type RecordBatchTable, VERSION } from './format.js';
import { type Layout, layOut } from './layout.js';
import { ALIGNMENT, corrupt, count, type Message, REMEDY, REMEDY_FOR_OLD, type Region } from './message.js';
import type { Field, Schema } from './schema.js';

/** Compression of a batch's buffers; each buffer is compressed separately. */
export type Compression = 'none' | 'lz4' | 'zstd';

/**
 * A record batch as its message describes it, before any of its body is read. It holds plain numbers, since a file may have
 * millions of batches.
 */
export interface Batch {
  readonly rows: number;
  /** A pair of length and null count for each array, parents before children. */
  readonly nodes: readonly number[];
  /** Byte offset of the body in the file. */
  readonly bodyPosition: number;
  /** The buffers of all arrays, in the order of `nodes`: pairs of an offset in the body and a length, bytes. */
  readonly buffers: readonly number[];
  /** For each node, the index of its first buffer. */
  readonly firstBuffers: readonly number[];
  readonly compression: Compression;
  /** How many dictionaries precede it in the file; its arrays may point into those. */
  readonly dictionariesBefore: number;
}

/** The length of a node's array. */
export function lengthOf({ nodes }: Batch, node: number): number {
  return nodes[2 * node]!;
}

export function nullCountOf({ nodes }: Batch, node: number): number {
  return nodes[2 * node + 1]!;
}

/** A buffer of a node's array: 0 is its validity, 1 its offsets or elements. */
export function bufferOf({ bodyPosition, buffers, firstBuffers }: Batch, node: number, which: 0 | 1): Region {
  const pair = 2 * (firstBuffers[node]! + which);
  return { position: bodyPosition + buffers[pair]!, length: buffers[pair + 1]! };
}

/** A dictionary as its message describes it: an array that the fields with this id point into. */
export interface DictionaryBatch {
  readonly id: bigint;
  /** Whether it is appended to the dictionary with this id instead of replacing it. */
  readonly isDelta: boolean;
  readonly batch: Batch;
}

/** Decodes the record batch of a message that `dictionariesBefore` dictionaries precede. */
export function recordBatchOf(message: Message, { fields }: Schema, dictionariesBefore: number): Batch {
  const { header, headerType, body, version, customMetadata } = message;
  if (header?.type !== HEADER.RecordBatch)
    throw corrupt(`a message of type ${headerType} where a record batch should be`);
  // Arrow 0.17 named the codec here, before the format had a field for it; the compressed buffers would be read as numbers.
  if (customMetadata.some(({ key }) => key === 'ARROW:experimental_compression'))
    throw new Fault('its buffers are compressed in the format of Arrow 0.17', { remedy: REMEDY_FOR_OLD });
  return batchOf(header.value, body, version, fields, dictionariesBefore);
}

/**
 * Decodes the dictionary of a message. A dictionary that the schema does not have is refused, since it could be a damaged batch
 * of rows.
 */
export function dictionaryBatchOf(
  { header, headerType, body, version }: Message,
  { dictionaries }: Schema,
): DictionaryBatch {
  if (header?.type !== HEADER.DictionaryBatch)
    throw corrupt(`a message of type ${headerType} where a batch should be`);
  const { id, data, isDelta } = header.value;
  const values = dictionaries.get(id);
  if (values === undefined) throw corrupt(`a dictionary ${id} that no column has`);
  if (data === undefined) throw corrupt(`a dictionary ${id} without values`);
  return { id, isDelta, batch: batchOf(data, body, version, values, 0) };
}

/** A compressed buffer begins with its uncompressed length. */
const UNPACKED_LENGTH_BYTES = 8;

function batchOf(
  batch: RecordBatchTable,
  body: Region,
  version: number,
  fields: readonly Field[],
  dictionariesBefore: number,
): Batch {
  const { nodes, buffers } = batch;
  if (nodes === undefined || buffers === undefined) throw corrupt('a record batch without arrays');
  const variadicCounts = batch.variadicBufferCounts.map((views) => count(views, 'buffers of a view'));
  const layout = layOut(fields, version, variadicCounts);
  if (nodes.length !== 2 * layout.nodes || buffers.length !== 2 * layout.buffers)
    throw new Fault('corrupt Arrow data: a record batch that does not match the schema', { remedy: REMEDY });
  const rows = count(batch.length, 'rows');
  mustBeArrays(nodes, layout, rows);
  mustBeWithin(buffers, body, batch.compression !== undefined);
  return {
    rows,
    nodes,
    bodyPosition: body.position,
    buffers,
    firstBuffers: layout.firstBuffers,
    compression: compressionOf(batch, version),
    dictionariesBefore,
  };
}

function mustBeArrays(nodes: readonly number[], layout: Layout, rows: number): void {
  for (let node = 0; node < nodes.length; node += 2) {
    const length = count(nodes[node]!, 'elements');
    const nullCount = count(nodes[node + 1]!, 'nulls');
    if (nullCount > length) throw corrupt(`${nullCount} nulls of ${length} elements`);
  }
  for (const node of layout.withoutNulls)
    if (nodes[2 * node + 1] !== 0) throw corrupt('a union or run-end-encoded array with nulls of its own');
  // A wrong length means damage, even if the array belongs to a column that is not read.
  for (const root of layout.roots) {
    const length = nodes[2 * root];
    if (length !== rows) throw corrupt(`an array of ${length} in a batch of ${rows} rows`);
  }
}

function mustBeWithin(buffers: readonly number[], body: Region, isCompressed: boolean): void {
  for (let buffer = 0; buffer < buffers.length; buffer += 2) {
    const start = count(buffers[buffer]!, 'bytes before a buffer');
    const length = count(buffers[buffer + 1]!, 'bytes in a buffer');
    if (isCompressed && length > 0 && length < UNPACKED_LENGTH_BYTES)
      throw corrupt('a compressed buffer too short for its length');
    if (start % ALIGNMENT !== 0) throw corrupt(`a buffer at byte ${start} of its batch, not a multiple of 8`);
    if (start + length > body.length) throw corrupt('a buffer beyond the end of its batch');
  }
}

function compressionOf({ compression }: RecordBatchTable, version: number): Compression {
  if (compression === undefined) return 'none';
  // Version 4 had no compression: pyarrow 26 reads such buffers as plain numbers.
  if (version < VERSION.V5)
    throw new Fault('compressed, with metadata of version 4', { remedy: REMEDY_FOR_OLD });
  if (compression.method !== 0) throw corrupt(`compression by method ${compression.method}`);
  const name = (['lz4', 'zstd'] as const)[compression.codec];
  if (name === undefined) throw corrupt(`compression of type ${compression.codec}`);
  return name;
}
