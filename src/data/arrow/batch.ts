import { Fault } from '../fault.js';
import { HEADER, type RecordBatchTable, VERSION } from './format.js';
import { type Layout, layOut } from './layout.js';
import { ALIGNMENT, corrupt, count, type Message, REMEDY, type Region } from './message.js';
import type { Field, Schema } from './schema.js';

/** How the buffers of a batch are compressed, each by itself. */
export type Compression = 'none' | 'lz4' | 'zstd';

/** A record batch as its message describes it; nothing of its body was read. Plain numbers, since a file may have millions of batches. */
export interface Batch {
  readonly rows: number;
  /** Pairs of a length and a count of nulls, one an array, parents before children. */
  readonly nodes: readonly number[];
  /** Where the body begins in the file. */
  readonly bodyPosition: number;
  /** The buffers of all arrays, in the same order: pairs of an offset in the body and a length, bytes. */
  readonly buffers: readonly number[];
  /** The index of each node's first buffer. */
  readonly firstBuffers: readonly number[];
  readonly compression: Compression;
  /** How many of the file's dictionaries stand before it: its arrays may point into those. */
  readonly dictionariesBefore: number;
}

/** The length of a batch's array. */
export function lengthOf({ nodes }: Batch, node: number): number {
  return nodes[2 * node]!;
}

export function nullCountOf({ nodes }: Batch, node: number): number {
  return nodes[2 * node + 1]!;
}

/** A buffer of a batch's array: its validity is 0, offsets or elements are 1. */
export function bufferOf({ bodyPosition, buffers, firstBuffers }: Batch, node: number, which: 0 | 1): Region {
  const pair = 2 * (firstBuffers[node]! + which);
  return { position: bodyPosition + buffers[pair]!, length: buffers[pair + 1]! };
}

/** A dictionary as its message describes it: an array that the fields with its id point into. */
export interface DictionaryBatch {
  readonly id: bigint;
  /** It is added to what the id had, instead of taking its place. */
  readonly isDelta: boolean;
  readonly batch: Batch;
}

/** The record batch of a message, before which so many dictionaries stand. */
export function recordBatchOf(message: Message, { fields }: Schema, dictionariesBefore: number): Batch {
  const { header, headerType, body, version, customMetadata } = message;
  if (header?.type !== HEADER.RecordBatch)
    throw corrupt(`a message of type ${headerType} where a record batch should be`);
  // Arrow 0.17 named the codec here, before the format had a place for it: the buffers would be taken for numbers.
  if (customMetadata.some(({ key }) => key === 'ARROW:experimental_compression'))
    throw new Fault('compressed as Arrow 0.17 did', { remedy: REMEDY });
  return batchOf(header.value, body, version, fields, dictionariesBefore);
}

/** The dictionary of a message. What claims to be one that the schema has not may be rows. */
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

/** A compressed buffer begins with its length before it was packed. */
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
    if (nodes[2 * node + 1] !== 0) throw corrupt('a union or runs with nulls of their own');
  // An array of another length is damage, though it may be of a column that is not read.
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
  // Version 4 had no compression: pyarrow 26 takes such buffers for numbers as they are.
  if (version < VERSION.V5) throw new Fault('compressed, with metadata of version 4', { remedy: REMEDY });
  if (compression.method !== 0) throw corrupt(`compression by method ${compression.method}`);
  const name = (['lz4', 'zstd'] as const)[compression.codec];
  if (name === undefined) throw corrupt(`compression of type ${compression.codec}`);
  return name;
}
