import type { FileHandle } from 'node:fs/promises';
import { BodyCompressionMethod } from 'apache-arrow/fb/body-compression-method';
import { Footer } from 'apache-arrow/fb/footer';
import { Message } from 'apache-arrow/fb/message';
import { MessageHeader } from 'apache-arrow/fb/message-header';
import { MetadataVersion } from 'apache-arrow/fb/metadata-version';
import { RecordBatch } from 'apache-arrow/fb/record-batch';
import { Schema as FbSchema } from 'apache-arrow/fb/schema';
import { ByteBuffer } from 'flatbuffers';
import { dataError, PinbenchError } from '../errors.js';
import { decodeSchema, type Schema } from './arrow-schema.js';

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
  /** Before version 5 a union has a validity buffer. */
  readonly version: MetadataVersion;
  readonly batches: readonly Batch[];
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
  try {
    return variety === 'file' ? await walker.file() : await walker.stream();
  } catch (cause) {
    if (cause instanceof PinbenchError) throw cause;
    throw dataError(path, 'corrupt Arrow metadata', { remedy: REMEDY, cause });
  }
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
    const bytes = await this.#read({ position: end - 4 - length, length });
    const footer = Footer.getRootAsFooter(new ByteBuffer(bytes));
    const version = this.#version(footer.version());
    const schema = this.#schema(footer.schema(), bytes.length);
    const blocks = footer.recordBatchesLength();
    if (blocks * BLOCK_BYTES > length)
      throw this.#corrupt(`${blocks} record batches in a footer of ${length} bytes`);
    const batches: Batch[] = [];
    let listed = this.#dictionariesEnd(footer, length);
    for (let i = 0; i < blocks; i++) {
      const block = footer.recordBatches(i)!;
      const message = await this.#message(Number(block.offset()));
      if (message?.type !== MessageHeader.RecordBatch)
        throw this.#corrupt(`no record batch where block ${i} should be`);
      batches.push(this.#batch(message));
      listed = Math.max(listed, message.body.position + message.body.length);
    }
    // A footer that lists fewer batches than there are would have rows go missing unnoticed.
    const unlisted = end - 4 - length - listed;
    if (blocks > 0 && unlisted > MOST_PADDING_BYTES)
      throw this.#corrupt(`${unlisted} bytes before the footer that it does not list`);
    return { schema, version, batches };
  }

  #dictionariesEnd(footer: Footer, bytes: number): number {
    const blocks = footer.dictionariesLength();
    if (blocks * BLOCK_BYTES > bytes)
      throw this.#corrupt(`${blocks} dictionaries in a footer of ${bytes} bytes`);
    let end = 0;
    for (let i = 0; i < blocks; i++) {
      const block = footer.dictionaries(i)!;
      end = Math.max(end, Number(block.offset() + block.bodyLength()) + block.metaDataLength());
    }
    return end;
  }

  /** The stream format: the schema, then batches, up to the end-of-stream marker. */
  async stream(): Promise<Contents> {
    let schema: Schema | undefined;
    let version = MetadataVersion.V5;
    const batches: Batch[] = [];
    let position = 0;
    for (;;) {
      const message = await this.#message(position);
      if (message === undefined) {
        await this.#mustEnd(position);
        break;
      }
      if (message.type === MessageHeader.Schema && schema === undefined) {
        schema = this.#schema(message.message.header(new FbSchema()), message.bytes.length);
        version = this.#version(message.message.version());
      } else if (schema === undefined) throw this.#corrupt('no schema at its start');
      else if (message.type === MessageHeader.RecordBatch) batches.push(this.#batch(message));
      else if (message.type !== MessageHeader.DictionaryBatch)
        throw this.#corrupt(`a message of type ${message.type}`);
      position = message.body.position + message.body.length;
    }
    if (schema === undefined) throw this.#corrupt('no schema at its start');
    return { schema, version, batches };
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
  #version(version: MetadataVersion): MetadataVersion {
    if (version === MetadataVersion.V4 || version === MetadataVersion.V5) return version;
    throw dataError(this.#path, `Arrow metadata of version ${version + 1}`, {
      expected: 'version 4 or 5',
      remedy: REMEDY,
    });
  }

  /** The encapsulated message at `position`; `undefined` where the stream ends. */
  async #message(position: number): Promise<EncapsulatedMessage | undefined> {
    if (!Number.isSafeInteger(position) || position < 0) throw this.#corrupt(`a message at ${position}`);
    const prefix = viewOf(await this.#read({ position, length: Math.min(8, this.#fileBytes - position) }));
    if (prefix.byteLength < 4) throw this.#truncated('it ends without the end-of-stream marker');
    const continued = prefix.getUint32(0, true) === CONTINUATION;
    if (continued && prefix.byteLength < 8) throw this.#truncated('it ends within a message');
    const length = prefix.getInt32(continued ? 4 : 0, true);
    if (length === 0) return undefined;
    if (length < 0 || length > MAX_METADATA_BYTES)
      throw this.#corrupt(`a message of ${length} bytes of metadata`);
    const start = position + (continued ? 8 : 4);
    const bytes = await this.#read({ position: start, length });
    const message = Message.getRootAsMessage(new ByteBuffer(bytes));
    const body = { position: start + length, length: Number(message.bodyLength()) };
    this.#mustHave(body);
    return { message, type: message.headerType(), bytes, body };
  }

  #schema(schema: FbSchema | null, bytes: number): Schema {
    if (schema === null) throw this.#corrupt('no schema');
    if (schema.endianness() !== 0) {
      throw dataError(this.#path, 'big-endian Arrow data', { expected: 'little-endian', remedy: REMEDY });
    }
    return decodeSchema(this.#path, schema, bytes);
  }

  #batch({ message, bytes, body }: EncapsulatedMessage): Batch {
    const batch = message.header(new RecordBatch()) as RecordBatch;
    const [nodes, buffers, variadic] = [
      batch.nodesLength(),
      batch.buffersLength(),
      batch.variadicBufferCountsLength(),
    ];
    if (nodes * NODE_BYTES + buffers * BUFFER_BYTES + variadic * 8 > bytes.length) {
      throw this.#corrupt(`${nodes} arrays and ${buffers} buffers in a message of ${bytes.length} bytes`);
    }
    return {
      rows: this.#count(batch.length(), 'rows'),
      nodes: Array.from({ length: nodes }, (_, i) => {
        const node = batch.nodes(i)!;
        return {
          length: this.#count(node.length(), 'elements'),
          nullCount: this.#count(node.nullCount(), 'nulls'),
        };
      }),
      buffers: Array.from({ length: buffers }, (_, i) => {
        const buffer = batch.buffers(i)!;
        const offset = this.#count(buffer.offset(), 'bytes before a buffer');
        const region = {
          position: body.position + offset,
          length: this.#count(buffer.length(), 'bytes in a buffer'),
        };
        if (offset + region.length > body.length) throw this.#corrupt('a buffer beyond the end of its batch');
        return region;
      }),
      variadicCounts: Array.from({ length: variadic }, (_, i) =>
        this.#count(batch.variadicBufferCounts(i)!, 'buffers of a view'),
      ),
      compression: this.#compression(message, batch, bytes.length),
    };
  }

  #compression(message: Message, batch: RecordBatch, bytes: number): Compression {
    const pairs = message.customMetadataLength();
    if (pairs * OFFSET_BYTES > bytes) throw this.#corrupt(`${pairs} pairs in a message of ${bytes} bytes`);
    for (let i = 0; i < pairs; i++) {
      // Arrow 0.17 named the codec here, before the format had a place for it: the buffers would be taken for numbers.
      if (message.customMetadata(i)?.key() === 'ARROW:experimental_compression')
        throw dataError(this.#path, 'compressed as Arrow 0.17 did', { remedy: REMEDY });
    }
    const compression = batch.compression();
    if (compression === null) return 'none';
    if (compression.method() !== BodyCompressionMethod.BUFFER)
      throw this.#corrupt(`compression by method ${compression.method()}`);
    const name = (['lz4', 'zstd'] as const)[compression.codec()];
    if (name === undefined) throw this.#corrupt(`compression of type ${compression.codec()}`);
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

  #corrupt(what: string, remedy = REMEDY): PinbenchError {
    return dataError(this.#path, `corrupt Arrow metadata: ${what}`, { remedy });
  }
}

interface EncapsulatedMessage {
  readonly message: Message;
  readonly type: MessageHeader;
  /** The message's metadata. */
  readonly bytes: Uint8Array;
  readonly body: Region;
}

/** Between the last batch and the footer: the end-of-stream marker and padding, less than any message. */
const MOST_PADDING_BYTES = 64;
/** Sizes of the format's structs (Message.fbs, File.fbs). */
const [NODE_BYTES, BUFFER_BYTES, BLOCK_BYTES, OFFSET_BYTES] = [16, 16, 24, 4];

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
