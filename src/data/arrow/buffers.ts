import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { DType } from '../../words.js';
import { allocate, ELEMENT_BYTES, type Values } from '../dataset.js';
import { Fault } from '../fault.js';
import type { Compression } from './batch.js';
import { codecOf, type Decompress } from './codecs.js';
import type { Region } from './message.js';

/** A compressed buffer begins with its unpacked length; −1 says that it is not compressed after all. */
const LENGTH_BYTES = 8;
const NOT_COMPRESSED = -1n;

/** The most bytes that one packed byte may become: an LZ4 match of 255, a Zstandard block of 128 KiB from 4 bytes. */
const MOST_UNPACKED: Readonly<Record<Compression, number>> = { none: 1, lz4: 255, zstd: 2 ** 15 };

function bytesOf(dtype: DType, elements: number): number {
  return dtype === 'bool' ? Math.ceil(elements / 8) : elements * ELEMENT_BYTES[dtype];
}

/** Whether a buffer of this length may hold so many elements, told without reading it. */
export function couldHold(length: number, compression: Compression, dtype: DType, elements: number): boolean {
  return bytesOf(dtype, elements) <= length * MOST_UNPACKED[compression];
}

/** A buffer of a batch: elements of one type, read from the file as they are asked for, or unpacked beforehand. */
export interface ElementBuffer {
  /** Elements `[first, first + count)`; bool as a byte each. The array is reused by the next call. */
  read(first: number, count: number): Promise<Values>;
}

/** The buffers of an Arrow file as arrays. */
export class BufferReader {
  readonly #file: FileHandle;
  readonly #codecs = new Map<Compression, Decompress>();

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Opens a buffer of at least `elements` elements; a compressed one is unpacked now. A data error where it is shorter. */
  async open(
    region: Region,
    compression: Compression,
    dtype: DType,
    elements: number,
  ): Promise<ElementBuffer> {
    const needed = bytesOf(dtype, elements);
    if (elements === 0) return { read: async () => allocate(dtype, 0) };
    const packed = compression === 'none' ? undefined : await this.#prefix(region);
    if (packed === undefined || packed === NOT_COMPRESSED) {
      const start = packed === undefined ? 0 : LENGTH_BYTES;
      if (region.length - start < needed) throw this.#short(region.length - start, needed);
      return this.#stored(region.position + start, dtype);
    }
    // A writer that slices rows may leave the whole buffer: it may be longer than they need, though not than it can be.
    if (packed < BigInt(needed) || packed > BigInt(region.length * MOST_UNPACKED[compression]))
      throw this.#short(packed, needed);
    return unpacked(
      await this.#unpack(region, compression as Exclude<Compression, 'none'>, Number(packed), needed),
      dtype,
    );
  }

  #stored(position: number, dtype: DType): ElementBuffer {
    let scratch: Values = allocate(dtype, 0);
    return {
      read: async (first, count) => {
        if (dtype === 'bool') {
          const [begin, end] = [Math.floor(first / 8), Math.ceil((first + count) / 8)];
          return bits(
            await this.#bytes({ position: position + begin, length: end - begin }),
            first % 8,
            count,
          );
        }
        if (scratch.length < count) scratch = allocate(dtype, count);
        const length = count * ELEMENT_BYTES[dtype];
        await this.#fill(new Uint8Array(scratch.buffer, 0, length), position + first * ELEMENT_BYTES[dtype]);
        return scratch;
      },
    };
  }

  async #prefix(region: Region): Promise<bigint> {
    if (region.length < LENGTH_BYTES) throw this.#short(region.length, LENGTH_BYTES);
    const bytes = await this.#bytes({ position: region.position, length: LENGTH_BYTES });
    return Buffer.from(bytes.buffer).readBigInt64LE();
  }

  async #unpack(
    region: Region,
    compression: Exclude<Compression, 'none'>,
    length: number,
    needed: number,
  ): Promise<Uint8Array> {
    const decompress = this.#codecs.get(compression) ?? (await codecOf(compression));
    this.#codecs.set(compression, decompress);
    const { position } = region;
    const packed = await this.#bytes({
      position: position + LENGTH_BYTES,
      length: region.length - LENGTH_BYTES,
    });
    let bytes: Uint8Array;
    try {
      bytes = decompress(Buffer.from(packed.buffer), length);
    } catch (cause) {
      throw new Fault(`corrupt Arrow data: a buffer that is no ${compression} frame of ${length} bytes`, {
        remedy: 'write the file anew',
        cause,
      });
    }
    if (bytes.length !== length) throw this.#short(bytes.length, needed);
    return bytes;
  }

  async #bytes({ position, length }: Region): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    await this.#fill(bytes, position);
    return bytes;
  }

  async #fill(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const length = Math.min(bytes.length - done, MOST_READ);
      const bytesRead =
        length <= SMALL_READ
          ? readSync(this.#file.fd, bytes, done, length, position + done)
          : (await this.#file.read(bytes, done, length, position + done)).bytesRead;
      if (bytesRead === 0)
        throw new Fault('the file became shorter while it was read', { remedy: 'run again' });
      done += bytesRead;
    }
  }

  #short(observed: number | bigint, needed: number): Fault {
    return new Fault(`corrupt Arrow data: a buffer of ${observed} bytes`, {
      expected: `${needed}`,
      remedy: 'write the file anew',
    });
  }
}

/** Node 20 refuses reads of 2 GiB and more. */
const MOST_READ = 2 ** 30;
/** To wait for a promise costs more than to read so little: 1000 columns took five times as long. */
const SMALL_READ = 2 ** 18;

function unpacked(bytes: Uint8Array, dtype: DType): ElementBuffer {
  if (dtype === 'bool') {
    return { read: async (first, count) => bits(bytes.subarray(Math.floor(first / 8)), first % 8, count) };
  }
  const values = alignedValues(bytes, dtype);
  return { read: async (first, count) => values.subarray(first, first + count) as Values };
}

/** The bytes as elements; copied only where a codec left them unaligned. */
function alignedValues(bytes: Uint8Array, dtype: DType): Values {
  const elementBytes = ELEMENT_BYTES[dtype];
  const length = Math.floor(bytes.length / elementBytes);
  const aligned = bytes.byteOffset % elementBytes === 0 ? bytes : bytes.slice();
  const ArrayType = allocate(dtype, 0).constructor as new (
    buffer: ArrayBufferLike,
    at: number,
    n: number,
  ) => Values;
  return new ArrayType(aligned.buffer, aligned.byteOffset, length);
}

/** `count` bits from bit `first` on, least significant first, as bytes of 0 or 1. */
export function bits(bytes: Uint8Array, first: number, count: number): Uint8Array<ArrayBuffer> {
  const found = new Uint8Array(count);
  for (let i = 0, at = first; i < count; i++, at++) found[i] = (bytes[at >> 3]! >> (at & 7)) & 1;
  return found;
}
