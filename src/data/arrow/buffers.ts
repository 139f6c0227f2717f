import type { FileHandle } from 'node:fs/promises';
import type { DType } from '../../words.js';
import { allocate, ELEMENT_BYTES, type Values } from '../dataset.js';
import { Fault } from '../fault.js';
import type { Compression } from './batch.js';
import { Codecs } from './codecs.js';
import { REMEDY, type Region } from './message.js';
import { ReadAhead } from './read-ahead.js';
import { Unpacking } from './unpacking.js';

/** A compressed buffer begins with its uncompressed length; −1 means that it is not compressed after all. */
const LENGTH_BYTES = 8;
const NOT_COMPRESSED = -1n;

/** The most bytes that one compressed byte may become: an LZ4 match of 255, or a Zstandard block of 128 KiB from 4 bytes. */
const MAX_UNPACKED: Readonly<Record<Compression, number>> = { none: 1, lz4: 255, zstd: 2 ** 15 };

function bytesOf(dtype: DType, elements: number): number {
  return dtype === 'bool' ? Math.ceil(elements / 8) : elements * ELEMENT_BYTES[dtype];
}

/** Whether a buffer of this length may hold that many elements, decided without reading it. */
export function couldHold(length: number, compression: Compression, dtype: DType, elements: number): boolean {
  return bytesOf(dtype, elements) <= length * MAX_UNPACKED[compression];
}

/** How many elements of a buffer are checked between two yields to the event loop. */
export const BLOCK = 2 ** 20;

/** A buffer of a batch: elements of one type, read and decompressed on demand. Reading from first to last is fastest. */
export interface ElementBuffer {
  /** Elements `[first, first + count)`, bools as one byte each. The next call reuses the array. */
  read(first: number, count: number): Promise<Values>;
}

/** The bytes of a buffer, uncompressed. */
interface Bytes {
  readonly length: number;
  /** Fills `into` with the bytes from `at` on. */
  read(into: Uint8Array, at: number): Promise<void> | void;
}

/** Reads the buffers of an Arrow file as arrays. */
export class BufferReader {
  readonly #file: FileHandle;
  readonly #ahead: ReadAhead;
  #codecs: Codecs | undefined;

  constructor(file: FileHandle) {
    this.#file = file;
    this.#ahead = new ReadAhead(file);
  }

  /** Opens a buffer that must hold at least `elements` elements. Throws a fault if it is shorter. */
  async open(
    region: Region,
    compression: Compression,
    dtype: DType,
    elements: number,
  ): Promise<ElementBuffer> {
    if (elements === 0) return { read: async () => allocate(dtype, 0) };
    const needed = bytesOf(dtype, elements);
    const bytes =
      compression === 'none' ? this.#stored(region) : await this.#unpacked(region, compression, needed);
    if (bytes.length < needed) throw short(bytes.length, needed);
    return dtype === 'bool' ? boolsIn(bytes) : elementsIn(bytes, dtype);
  }

  #stored({ position, length }: Region): Bytes {
    return { length, read: (into, at) => this.#fill(into, position + at) };
  }

  async #unpacked(region: Region, compression: Exclude<Compression, 'none'>, needed: number): Promise<Bytes> {
    if (region.length < LENGTH_BYTES) throw short(region.length, LENGTH_BYTES);
    const prefix = Buffer.alloc(LENGTH_BYTES);
    this.#fillNow(prefix, region.position);
    const claimed = prefix.readBigInt64LE();
    const position = region.position + LENGTH_BYTES;
    const packedLength = region.length - LENGTH_BYTES;
    if (claimed === NOT_COMPRESSED) return this.#stored({ position, length: packedLength });
    // A writer that slices rows may write the whole buffer, so it may be longer than the rows need, but not longer than is
    // possible.
    if (claimed < BigInt(needed)) throw short(claimed, needed);
    const most = region.length * MAX_UNPACKED[compression];
    if (claimed > BigInt(most)) {
      throw new Fault(`corrupt Arrow data: a buffer that claims to have ${claimed} bytes when decompressed`, {
        expected: `at most ${most}`,
        remedy: REMEDY,
      });
    }
    const length = Number(claimed);
    this.#codecs ??= await Codecs.load();
    const packed = {
      length: packedLength,
      read: (into: Uint8Array, at: number) => this.#fillNow(into, position + at),
    };
    const unpacking = new Unpacking(this.#codecs, compression, packed, length, needed);
    const read = (into: Uint8Array, at: number) =>
      mustBeFrame(compression, length, () => unpacking.read(into, at));
    if (length > (this.#codecs.open < MANY_FRAMES ? SMALL_UNPACKED : MAX_UNPACKED_AT_ONCE))
      return { length, read };
    const whole = new Uint8Array(length);
    read(whole, 0);
    return { length, read: (into, at) => into.set(whole.subarray(at, at + into.length)) };
  }

  async #fill(bytes: Uint8Array, position: number): Promise<void> {
    if (bytes.length <= SMALL_READ) {
      this.#fillNow(bytes, position);
      return;
    }
    for (let done = 0; done < bytes.length; ) {
      const length = Math.min(bytes.length - done, MAX_READ);
      const { bytesRead } = await this.#file.read(bytes, done, length, position + done);
      if (bytesRead === 0) throw shortened();
      done += bytesRead;
    }
  }

  #fillNow(bytes: Uint8Array, position: number): void {
    if (this.#ahead.fill(bytes, position) < bytes.length) throw shortened();
  }
}

/** Node 20 refuses reads of 2 GiB and more. */
const MAX_READ = 2 ** 30;
/** Larger reads are asynchronous. For smaller ones a promise costs more than the read: 1000 columns took five times as long. */
const SMALL_READ = 2 ** 18;
/** A decompressor needs about this much memory itself, so buffers up to this size are decompressed at once. */
const SMALL_UNPACKED = 2 ** 20;
/**
 * Decompressors that are open side by side, one per column, share 4 GiB. From this number on, larger buffers are decompressed at
 * once too.
 */
const MANY_FRAMES = 256;
const MAX_UNPACKED_AT_ONCE = 2 ** 28;

function short(observed: number | bigint, needed: number): Fault {
  return new Fault(`corrupt Arrow data: a buffer of ${observed} bytes`, {
    expected: `at least ${needed}`,
    remedy: REMEDY,
  });
}

function shortened(): Fault {
  return new Fault('the file became shorter while it was read', { remedy: 'run again' });
}

function mustBeFrame(compression: Compression, length: number, read: () => void): void {
  try {
    read();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new Fault(
      `corrupt Arrow data: a buffer with no ${compression} frame of ${length} bytes (${cause.message})`,
      { remedy: REMEDY, cause },
    );
  }
}

function elementsIn(bytes: Bytes, dtype: DType): ElementBuffer {
  const elementBytes = ELEMENT_BYTES[dtype];
  let scratch: Values = allocate(dtype, 0);
  return {
    read: async (first, count) => {
      if (scratch.length < count) scratch = allocate(dtype, count);
      await bytes.read(new Uint8Array(scratch.buffer, 0, count * elementBytes), first * elementBytes);
      return scratch;
    },
  };
}

function boolsIn(bytes: Bytes): ElementBuffer {
  return {
    read: async (first, count) => {
      const begin = Math.floor(first / 8);
      const packed = new Uint8Array(Math.ceil((first + count) / 8) - begin);
      await bytes.read(packed, begin);
      return bits(packed, first % 8, count);
    },
  };
}

/** Returns `count` bits from bit `first` on, least significant first, as bytes of 0 or 1. */
export function bits(bytes: Uint8Array, first: number, count: number): Uint8Array<ArrayBuffer> {
  const found = new Uint8Array(count);
  for (let i = 0, at = first; i < count; i++, at++) found[i] = (bytes[at >> 3]! >> (at & 7)) & 1;
  return found;
}
