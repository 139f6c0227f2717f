import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Fault } from '../fault.js';
import { decodeMessage, type MessageTable, type SchemaTable, VERSION } from './format.js';
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

/**
 * What is read at once: the metadata of many small batches, or of one with some hundred columns. So little is not waited
 * for: a promise for each of 10,000 batches takes several times as long.
 */
const READ_AHEAD = 2 ** 16;

/** Reads the messages of an Arrow file, and of bodies only what is read along with them. A fault says what is wrong. */
export class MessageReader {
  readonly #file: FileHandle;
  readonly fileBytes: number;
  /** Bytes of the file from `#aheadAt` on. */
  #ahead = new Uint8Array(0);
  #aheadAt = 0;

  constructor(file: FileHandle, fileBytes: number) {
    this.#file = file;
    this.fileBytes = fileBytes;
  }

  /** The encapsulated message at `position`; `undefined` where the stream ends. */
  async message(position: number): Promise<Message | undefined> {
    if (!Number.isSafeInteger(position) || position < 0) throw corrupt(`a message at ${position}`);
    this.#mustHave({ position, length: 4 });
    const prefix = viewOf(await this.read({ position, length: Math.min(8, this.fileBytes - position) }));
    const continued = prefix.getUint32(0, true) === CONTINUATION;
    if (continued && prefix.byteLength < 8) throw truncated('it ends within a message');
    const length = prefix.getInt32(continued ? 4 : 0, true);
    if (length === 0) return undefined;
    if (length < 0 || length > MAX_METADATA_BYTES) throw corrupt(`a message of ${length} bytes of metadata`);
    const start = position + (continued ? 8 : 4);
    const bytes = await this.read({ position: start, length });
    const message = decoded(`a message at byte ${position}`, decodeMessage, bytes);
    mustBeKnown(message.version);
    const body = { position: start + length, length: count(message.bodyLength, 'bytes in a body') };
    this.#mustHave(body);
    return { ...message, body, end: body.position + body.length };
  }

  async read(region: Region): Promise<Uint8Array<ArrayBuffer>> {
    this.#mustHave(region);
    const { position, length } = region;
    if (length > READ_AHEAD) {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await this.#file.read(bytes, 0, length, position);
      if (bytesRead < length) throw truncated('it became shorter while it was read');
      return bytes;
    }
    if (position < this.#aheadAt || position + length > this.#aheadAt + this.#ahead.length)
      this.#readAhead(position);
    const at = position - this.#aheadAt;
    return this.#ahead.slice(at, at + length);
  }

  #readAhead(position: number): void {
    const length = Math.min(READ_AHEAD, this.fileBytes - position);
    const bytes = new Uint8Array(length);
    const bytesRead = readSync(this.#file.fd, bytes, 0, length, position);
    if (bytesRead < length) throw truncated('it became shorter while it was read');
    [this.#ahead, this.#aheadAt] = [bytes, position];
  }

  #mustHave({ position, length }: Region): void {
    if (!Number.isSafeInteger(length) || length < 0) throw corrupt(`a part of ${length} bytes`);
    if (position + length > this.fileBytes)
      throw truncated(`${position + length} bytes are claimed, the file has ${this.fileBytes}`);
  }
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
    throw new Fault('big-endian Arrow data', { expected: 'little-endian', remedy: REMEDY });
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

export function truncated(how: string): Fault {
  return new Fault(`truncated Arrow data: ${how}`, { remedy: REMEDY });
}

export function corrupt(what: string, remedy = REMEDY, cause?: unknown): Fault {
  return new Fault(`corrupt Arrow metadata: ${what}`, { remedy, cause });
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
