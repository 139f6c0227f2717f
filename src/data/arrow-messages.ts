import type { FileHandle } from 'node:fs/promises';
import { dataError, type PinbenchError } from '../errors.js';
import {
  type Block,
  decodeFooter,
  decodeMessage,
  HEADER,
  type MessageTable,
  type RecordBatchTable,
  type SchemaTable,
  VERSION,
} from './arrow-format.js';
import { layOut } from './arrow-layout.js';
import { dictionariesOf, type Field, type Schema, sameColumns, schemaOf } from './arrow-schema.js';

/** Part of the file: half-open, in bytes from its start. */
export interface Region {
  readonly position: number;
  readonly length: number;
}

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
  /** Data buffers of each view array. */
  readonly variadicCounts: readonly number[];
  readonly compression: Compression;
}

/** An Arrow file's schema and batches. */
export interface Contents {
  readonly schema: Schema;
  readonly batches: readonly LocatedBatch[];
}

/** A batch with the index of each field's first buffer. */
export interface LocatedBatch extends Batch {
  readonly firstBuffers: readonly number[];
}

const MAGIC = 'ARROW1';
const CONTINUATION = 0xffffffff;
/** Metadata of a message is some kilobytes; what claims more than this is corrupt. */
const MAX_METADATA_BYTES = 256 * 2 ** 20;
const REMEDY = 'write the file anew';

/** Reads the schema and where the batches are, and no batch. A data error says what is wrong. */
export async function readContents(
  path: string,
  file: FileHandle,
  fileBytes: number,
  variety: 'file' | 'stream',
) {
  const walker = new Walker(path, file, fileBytes);
  return variety === 'file' ? await walker.file() : await walker.stream();
}

class Walker {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #fileBytes: number;

  constructor(path: string, file: FileHandle, fileBytes: number) {
    this.#path = path;
    this.#file = file;
    this.#fileBytes = fileBytes;
  }

  /** The IPC file format: magic, messages, footer, its length, magic. The footer says where the batches are. */
  async file(): Promise<Contents> {
    const end = this.#fileBytes - MAGIC.length;
    if (end < MAGIC.length + 4) throw this.#truncated('too short for a footer');
    const tail = await this.#read({ position: end - 4, length: 4 + MAGIC.length });
    if (Buffer.from(tail.subarray(4)).toString('latin1') !== MAGIC)
      throw this.#truncated('no ARROW1 at its end');
    const length = viewOf(tail).getInt32(0, true);
    if (length <= 0 || length > end - 4 - MAGIC.length) throw this.#corrupt(`a footer of ${length} bytes`);
    const footerAt = end - 4 - length;
    const footer = this.#decode('a footer', decodeFooter, await this.#read({ position: footerAt, length }));
    this.#mustBeKnown(footer.version);
    const schema = this.#schema(footer.schema);
    await this.#mustBeginWith(schema);
    const dictionaries = dictionariesOf(schema.fields);
    for (const [i, block] of footer.dictionaries.entries())
      this.#checkDictionary(await this.#inBlock(block, `dictionary ${i}`), dictionaries);
    const batches: LocatedBatch[] = [];
    for (const [i, block] of footer.recordBatches.entries())
      batches.push(this.#batch(await this.#inBlock(block, `record batch ${i}`), schema));
    this.#mustNotOverlap([...footer.dictionaries, ...footer.recordBatches], footerAt);
    return { schema, batches };
  }

  /** A file holds a stream, which begins with the schema that the footer repeats. */
  async #mustBeginWith({ fields }: Schema): Promise<void> {
    const message = await this.#message(FIRST_MESSAGE);
    if (message?.header?.type !== HEADER.Schema) throw this.#corrupt('no schema at its start');
    if (!sameColumns(this.#schema(message.header.value).fields, fields))
      throw this.#corrupt('a footer of other columns than the schema at its start');
  }

  /** The message that a block of the footer points to, of the lengths that the block has. */
  async #inBlock(block: Block, what: string): Promise<EncapsulatedMessage> {
    const position = Number(block.offset);
    if (position % ALIGNMENT !== 0) throw this.#corrupt(`${what} at byte ${position}, not a multiple of 8`);
    const message = await this.#message(position);
    if (message === undefined) throw this.#corrupt(`no ${what} where the footer says`);
    const { body } = message;
    if (body.position - position !== block.metaDataLength || body.length !== Number(block.bodyLength)) {
      throw this.#corrupt(
        `${what} has ${body.position - position} + ${body.length} bytes, the footer says ${block.metaDataLength} + ${block.bodyLength}`,
      );
    }
    return message;
  }

  /** Blocks that overlap would have rows twice; a footer that lists fewer batches than there are would have rows go missing unnoticed. */
  #mustNotOverlap(blocks: readonly Block[], footerAt: number): void {
    let listed = 0;
    for (const { offset, metaDataLength, bodyLength } of blocks.toSorted((a, b) =>
      Number(a.offset - b.offset),
    )) {
      if (Number(offset) < listed) throw this.#corrupt(`two blocks that overlap at byte ${offset}`);
      listed = Number(offset + bodyLength) + metaDataLength;
    }
    const unlisted = footerAt - listed;
    if (blocks.length > 0 && unlisted > MOST_PADDING_BYTES)
      throw this.#corrupt(`${unlisted} bytes before the footer that it does not list`);
  }

  /** The stream format: the schema, then batches, up to the end-of-stream marker or, where the writer left it out, to the end. */
  async stream(): Promise<Contents> {
    const first = await this.#message(0);
    if (first?.type === HEADER.Tensor || first?.type === HEADER.SparseTensor) {
      throw dataError(this.#path, `an Arrow ${first.type === HEADER.Tensor ? 'tensor' : 'sparse tensor'}`, {
        expected: 'an Arrow file or stream of columns',
        remedy: 'save it as NPY: numpy.save(path, pyarrow.ipc.read_tensor(file).to_numpy())',
      });
    }
    if (first?.header?.type !== HEADER.Schema) throw this.#corrupt('no schema at its start');
    const schema = this.#schema(first.header.value);
    const dictionaries = dictionariesOf(schema.fields);
    const batches: LocatedBatch[] = [];
    let position = endOf(first.body);
    while (position < this.#fileBytes) {
      const message = await this.#message(position);
      if (message === undefined) {
        await this.#mustEnd(position);
        break;
      }
      if (message.type === HEADER.RecordBatch) batches.push(this.#batch(message, schema));
      else this.#checkDictionary(message, dictionaries);
      position = endOf(message.body);
    }
    return { schema, batches };
  }

  /** Behind the end-of-stream marker at `position` only padding may stand: a second stream, or what a damaged length hides, would be rows gone missing. */
  async #mustEnd(position: number): Promise<void> {
    const length = Math.min(this.#fileBytes - position, 2 ** 16);
    const rest = viewOf(await this.#read({ position, length }));
    const marker = rest.getUint32(0, true) === CONTINUATION ? 8 : 4;
    for (let at = marker; at < length; at++) {
      if (rest.getUint8(at) !== 0)
        throw this.#corrupt(
          `data after the end-of-stream marker at byte ${position}`,
          'write one stream to a file',
        );
    }
  }

  /** Versions 1 to 3 lay buffers out otherwise; Arrow 0.8 of 2017 brought version 4. */
  #mustBeKnown(version: number): void {
    if (version === VERSION.V4 || version === VERSION.V5) return;
    throw dataError(this.#path, `Arrow metadata of version ${version + 1}`, {
      expected: 'version 4 or 5',
      remedy: REMEDY,
    });
  }

  /** The encapsulated message at `position`; `undefined` where the stream ends. */
  async #message(position: number): Promise<EncapsulatedMessage | undefined> {
    if (!Number.isSafeInteger(position) || position < 0) throw this.#corrupt(`a message at ${position}`);
    this.#mustHave({ position, length: 4 });
    const prefix = viewOf(await this.#read({ position, length: Math.min(8, this.#fileBytes - position) }));
    const continued = prefix.getUint32(0, true) === CONTINUATION;
    if (continued && prefix.byteLength < 8) throw this.#truncated('it ends within a message');
    const length = prefix.getInt32(continued ? 4 : 0, true);
    if (length === 0) return undefined;
    if (length < 0 || length > MAX_METADATA_BYTES)
      throw this.#corrupt(`a message of ${length} bytes of metadata`);
    const start = position + (continued ? 8 : 4);
    const bytes = await this.#read({ position: start, length });
    const message = this.#decode(`a message at byte ${position}`, decodeMessage, bytes);
    this.#mustBeKnown(message.version);
    const body = { position: start + length, length: this.#count(message.bodyLength, 'bytes in a body') };
    this.#mustHave(body);
    return { ...message, type: message.headerType, body };
  }

  #decode<T>(what: string, decode: (bytes: Uint8Array) => T, bytes: Uint8Array): T {
    try {
      return decode(bytes);
    } catch (cause) {
      if (cause instanceof RangeError) throw this.#corrupt(`${what} that is damaged`, REMEDY, cause);
      throw cause;
    }
  }

  #schema(schema: SchemaTable | undefined): Schema {
    if (schema === undefined) throw this.#corrupt('no schema');
    if (schema.endianness !== 0) {
      throw dataError(this.#path, 'big-endian Arrow data', { expected: 'little-endian', remedy: REMEDY });
    }
    try {
      return schemaOf(schema);
    } catch (cause) {
      if (cause instanceof RangeError) throw this.#corrupt(`a schema with ${cause.message}`, REMEDY, cause);
      throw cause;
    }
  }

  #batch({ header, type, body, version, customMetadata }: EncapsulatedMessage, { fields }: Schema) {
    if (header?.type !== HEADER.RecordBatch)
      throw this.#corrupt(`a message of type ${type} where a record batch should be`);
    // Arrow 0.17 named the codec here, before the format had a place for it: the buffers would be taken for numbers.
    if (customMetadata.some(({ key }) => key === 'ARROW:experimental_compression'))
      throw dataError(this.#path, 'compressed as Arrow 0.17 did', { remedy: REMEDY });
    return this.#arrays(header.value, body, version, fields);
  }

  /** No dictionary is read, but what claims to be one that the schema has not may be rows. */
  #checkDictionary(
    { header, type, body, version }: EncapsulatedMessage,
    dictionaries: ReadonlyMap<bigint, Field>,
  ): void {
    if (header?.type !== HEADER.DictionaryBatch)
      throw this.#corrupt(`a message of type ${type} where a batch should be`);
    const { id, data } = header.value;
    const field = dictionaries.get(id);
    if (field === undefined) throw this.#corrupt(`a dictionary ${id} that no column has`);
    if (data === undefined) throw this.#corrupt(`a dictionary ${id} without values`);
    const { dictionary: _, ...values } = field;
    this.#arrays(data, body, version, [values]);
  }

  #arrays(batch: RecordBatchTable, body: Region, version: number, fields: readonly Field[]): LocatedBatch {
    const { nodes, buffers } = batch;
    if (nodes === undefined || buffers === undefined) throw this.#corrupt('a record batch without arrays');
    const variadicCounts = batch.variadicBufferCounts.map((count) => this.#count(count, 'buffers of a view'));
    const layout = layOut(fields, version, variadicCounts);
    if (nodes.length !== layout.nodes || buffers.length !== layout.buffers) {
      throw dataError(this.#path, 'corrupt Arrow data: a record batch that does not match the schema', {
        remedy: REMEDY,
      });
    }
    return {
      rows: this.#count(batch.length, 'rows'),
      version,
      nodes: nodes.map(({ length, nullCount }) => ({
        length: this.#count(length, 'elements'),
        nullCount: this.#count(nullCount, 'nulls'),
      })),
      buffers: buffers.map(({ offset, length }) => this.#within(body, offset, length)),
      variadicCounts,
      compression: this.#compression(batch),
      firstBuffers: layout.firstBuffers,
    };
  }

  #within(body: Region, offset: bigint, bytes: bigint): Region {
    const start = this.#count(offset, 'bytes before a buffer');
    const length = this.#count(bytes, 'bytes in a buffer');
    if (start % ALIGNMENT !== 0)
      throw this.#corrupt(`a buffer at byte ${start} of its batch, not a multiple of 8`);
    if (start + length > body.length) throw this.#corrupt('a buffer beyond the end of its batch');
    return { position: body.position + start, length };
  }

  #compression({ compression }: RecordBatchTable): Compression {
    if (compression === undefined) return 'none';
    if (compression.method !== 0) throw this.#corrupt(`compression by method ${compression.method}`);
    const name = (['lz4', 'zstd'] as const)[compression.codec];
    if (name === undefined) throw this.#corrupt(`compression of type ${compression.codec}`);
    return name;
  }

  #count(value: bigint, what: string): number {
    if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.#corrupt(`${value} ${what}`);
    return Number(value);
  }

  async #read(region: Region): Promise<Uint8Array<ArrayBuffer>> {
    this.#mustHave(region);
    const bytes = new Uint8Array(region.length);
    const { bytesRead } = await this.#file.read(bytes, 0, region.length, region.position);
    if (bytesRead < region.length) throw this.#truncated('it became shorter while it was read');
    return bytes;
  }

  #mustHave({ position, length }: Region): void {
    if (!Number.isSafeInteger(length) || length < 0) throw this.#corrupt(`a part of ${length} bytes`);
    if (position + length > this.#fileBytes) {
      throw this.#truncated(`${position + length} bytes are claimed, the file has ${this.#fileBytes}`);
    }
  }

  #truncated(how: string): PinbenchError {
    return dataError(this.#path, `truncated Arrow data: ${how}`, { remedy: REMEDY });
  }

  #corrupt(what: string, remedy = REMEDY, cause?: unknown): PinbenchError {
    return dataError(this.#path, `corrupt Arrow metadata: ${what}`, { remedy, cause });
  }
}

interface EncapsulatedMessage extends MessageTable {
  readonly type: number;
  readonly body: Region;
}

/** Where the first message of a file is: behind the magic, padded to 8 bytes. */
const FIRST_MESSAGE = 8;
const ALIGNMENT = 8;
/** Between the last batch and the footer: the end-of-stream marker and padding, less than any message. */
const MOST_PADDING_BYTES = 64;

function endOf({ position, length }: Region): number {
  return position + length;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
