import type { FileHandle } from 'node:fs/promises';
import { Fault } from '../fault.js';
import { decodeMessage, type MessageTable, type SchemaTable, VERSION } from './format.js';
import { ReadAhead, WINDOW_BYTES } from './read-ahead.js';
import { type Schema, schemaOf } from './schema.js';

/** A part of the file, bytes. */
export interface Region {
  readonly position: number;
  readonly length: number;
}

/** An encapsulated message: its verified metadata, and the position of its body. */
export interface Message extends MessageTable {
  readonly body: Region;
  /** Where the next message of a stream begins. */
  readonly end: number;
}

export const CONTINUATION = 0xffffffff;
export const ALIGNMENT = 8;
/** The metadata of a real message is some kilobytes; more than this is treated as corrupt. */
const MAX_METADATA_BYTES = 256 * 2 ** 20;
export const REMEDY = 'write the file again';
/** An old version of Arrow would write the file the same way again. */
export const REMEDY_FOR_OLD = 'write the file again with a current version of Arrow';
/**
 * The machine that wrote the file would write it the same way again, but pyarrow converts the bytes to the order of the machine
 * that reads it.
 */
const REMEDY_FOR_BIG_ENDIAN =
  'write it on a little-endian machine, or read it there with pyarrow.ipc.open_file or open_stream, and write the table with pyarrow.feather.write_feather';

/**
 * Reads the messages of an Arrow file. It reads of their bodies only what its window happens to contain. Throws a fault that says
 * what is wrong.
 */
export class MessageReader {
  readonly #file: FileHandle;
  readonly fileBytes: number;
  readonly #ahead: ReadAhead;

  constructor(file: FileHandle, fileBytes: number) {
    this.#file = file;
    this.fileBytes = fileBytes;
    this.#ahead = new ReadAhead(file);
  }

  /** Returns the encapsulated message at `position`, or `undefined` at the end of the stream. */
  async message(position: number): Promise<Message | undefined> {
    if (!Number.isSafeInteger(position) || position < 0) throw corrupt(`a message at ${position}`);
    this.#mustHave({ position, length: 4 });
    const prefix = this.#near(position, Math.min(8, this.fileBytes - position));
    const continued = int32At(prefix, 0) === -1;
    if (continued && prefix.length < 8) throw truncated('it ends within a message');
    const length = int32At(prefix, continued ? 4 : 0);
    if (length === 0) return undefined;
    if (length < 0 || length > MAX_METADATA_BYTES) throw corrupt(`a message of ${length} bytes of metadata`);
    const start = position + (continued ? 8 : 4);
    const region = { position: start, length };
    const bytes = length > WINDOW_BYTES ? await this.read(region) : this.#nearOf(region);
    const { version, headerType, header, bodyLength, customMetadata } = decoded(
      `a message at byte ${position}`,
      decodeMessage,
      bytes,
    );
    mustBeKnown(version);
    const body = { position: start + length, length: count(bodyLength, 'bytes in a body') };
    this.#mustHave(body);
    const end = body.position + body.length;
    return { version, headerType, header, bodyLength, customMetadata, body, end };
  }

  /** Reads a part of the file. The next read overwrites the result if it is short. */
  async read(region: Region): Promise<Uint8Array> {
    const { position, length } = region;
    if (length <= WINDOW_BYTES) return this.#nearOf(region);
    this.#mustHave(region);
    const bytes = new Uint8Array(length);
    const { bytesRead } = await this.#file.read(bytes, 0, length, position);
    if (bytesRead < length) throw shortened();
    return bytes;
  }

  #nearOf(region: Region): Uint8Array {
    this.#mustHave(region);
    return this.#near(region.position, region.length);
  }

  #near(position: number, length: number): Uint8Array {
    const bytes = this.#ahead.view(position, length);
    if (bytes.length < length) throw shortened();
    return bytes;
  }

  #mustHave({ position, length }: Region): void {
    if (!Number.isSafeInteger(length) || length < 0) throw corrupt(`a part of ${length} bytes`);
    if (position + length > this.fileBytes)
      throw truncated(`${position + length} bytes are claimed, but the file has ${this.fileBytes}`);
  }
}

/** Reads a little-endian integer without creating a DataView, since there may be millions of messages. */
function int32At(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Versions 1 to 3 have a different buffer layout; Arrow 0.8 introduced version 4 in 2017. */
export function mustBeKnown(version: number): void {
  if (version === VERSION.V4 || version === VERSION.V5) return;
  throw new Fault(`Arrow metadata of version ${version + 1}`, {
    expected: 'version 4 or 5',
    remedy: REMEDY_FOR_OLD,
  });
}

/** Decodes `bytes`. Throws a fault saying that `what` is damaged if they are invalid. */
export function decoded<T>(what: string, decode: (bytes: Uint8Array) => T, bytes: Uint8Array): T {
  try {
    return decode(bytes);
  } catch (cause) {
    if (cause instanceof RangeError) throw corrupt(`${what} that is damaged`, REMEDY, cause);
    throw cause;
  }
}

/** Decodes a schema. Throws a fault if it cannot be read. */
export function knownSchema(schema: SchemaTable | undefined): Schema {
  if (schema === undefined) throw corrupt('no schema');
  if (schema.endianness !== 0)
    throw new Fault('big-endian Arrow data', { expected: 'little-endian', remedy: REMEDY_FOR_BIG_ENDIAN });
  try {
    return schemaOf(schema);
  } catch (cause) {
    if (cause instanceof RangeError) throw corrupt(`a schema with ${cause.message}`, REMEDY, cause);
    throw cause;
  }
}

/** Checks a length or a count that the metadata claims. */
export function count(value: number, what: string): number {
  if (value < 0 || value > Number.MAX_SAFE_INTEGER) throw corrupt(`${value} ${what}`);
  return value;
}

function shortened(): Fault {
  return new Fault('the file became shorter while it was read', { remedy: 'run again' });
}

export function truncated(how: string): Fault {
  return new Fault(`truncated Arrow data: ${how}`, { remedy: REMEDY });
}

export function corrupt(what: string, remedy = REMEDY, cause?: unknown): Fault {
  return new Fault(`corrupt Arrow metadata: ${what}`, { remedy, cause });
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
