import type { FileHandle } from 'node:fs/promises';
import { Fault } from '../fault.js';
import { decodeMessage, type MessageTable, type SchemaTable, VERSION } from './format.js';
import { ReadAhead, WINDOW_BYTES } from './read-ahead.js';
import { type Schema, schemaOf } from './schema.js';

/** Part of the file: half-open, in bytes from its start. */
export interface Region {
  readonly position: number;
  readonly length: number;
}

/** An encapsulated message: its verified metadata, and where its body is. */
export interface Message extends MessageTable {
  readonly body: Region;
  /** Where the next message of a stream begins. */
  readonly end: number;
}

export const CONTINUATION = 0xffffffff;
export const ALIGNMENT = 8;
/** Metadata of a message is some kilobytes; what claims more than this is corrupt. */
const MAX_METADATA_BYTES = 256 * 2 ** 20;
export const REMEDY = 'write the file anew';
/** The machine that wrote it would write the same file again; pyarrow turns the bytes round to those of the machine that it reads on. */
const TURN_ROUND =
  'write it on a little-endian machine, or read it there with pyarrow.ipc.open_file or open_stream, and write what that gives with pyarrow.feather.write_feather';

/** Reads the messages of an Arrow file, and of bodies only what is read along with them. A fault says what is wrong. */
export class MessageReader {
  readonly #file: FileHandle;
  readonly fileBytes: number;
  readonly #ahead: ReadAhead;

  constructor(file: FileHandle, fileBytes: number) {
    this.#file = file;
    this.fileBytes = fileBytes;
    this.#ahead = new ReadAhead(file);
  }

  /** The encapsulated message at `position`; `undefined` where the stream ends. */
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

  /** Part of the file. Short ones are overwritten by the next read. */
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
      throw truncated(`${position + length} bytes are claimed, the file has ${this.fileBytes}`);
  }
}

/** Little-endian, without a view made for it: there may be millions of messages. */
function int32At(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Versions 1 to 3 lay buffers out otherwise; Arrow 0.8 of 2017 brought version 4. */
export function mustBeKnown(version: number): void {
  if (version === VERSION.V4 || version === VERSION.V5) return;
  throw new Fault(`Arrow metadata of version ${version + 1}`, {
    expected: 'version 4 or 5',
    remedy: REMEDY,
  });
}

/** Decodes `bytes`; a fault where `what` they should be is damaged. */
export function decoded<T>(what: string, decode: (bytes: Uint8Array) => T, bytes: Uint8Array): T {
  try {
    return decode(bytes);
  } catch (cause) {
    if (cause instanceof RangeError) throw corrupt(`${what} that is damaged`, REMEDY, cause);
    throw cause;
  }
}

/** The schema of a table; a fault where it is none that can be read. */
export function knownSchema(schema: SchemaTable | undefined): Schema {
  if (schema === undefined) throw corrupt('no schema');
  if (schema.endianness !== 0)
    throw new Fault('big-endian Arrow data', { expected: 'little-endian', remedy: TURN_ROUND });
  try {
    return schemaOf(schema);
  } catch (cause) {
    if (cause instanceof RangeError) throw corrupt(`a schema with ${cause.message}`, REMEDY, cause);
    throw cause;
  }
}

/** A length or a count of the metadata. */
export function count(value: number, what: string): number {
  if (value < 0 || value > Number.MAX_SAFE_INTEGER) throw corrupt(`${value} ${what}`);
  return value;
}

function shortened(): Fault {
  return truncated('it became shorter while it was read');
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
