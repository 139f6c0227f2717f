import type { Compression } from './batch.js';
import { isOneLz4Frame, mostFromLz4, mostFromZstd } from './frame-length.js';

/** Unpacks one buffer of `length` bytes: an LZ4 frame or a Zstandard frame. Throws where it is neither, or where it would be much longer. */
export type Decompress = (packed: Buffer, length: number) => Uint8Array;

/**
 * Writers cut Zstandard blocks where the data changes, at 8 KiB or more; a compressed block counts as the 128 KiB that it may
 * be. Only with this much more than was claimed is a frame certain to be none that a writer of Arrow makes.
 */
const [ZSTD_TIMES, ZSTD_MORE] = [16, 2 ** 20];

/** The codec of a compression, loaded when it is first needed: native code, prebuilt. */
export async function codecOf(compression: Exclude<Compression, 'none'>): Promise<Decompress> {
  if (compression === 'lz4') {
    const { decompressFrameSync } = (await import('lz4-napi')).default;
    return (packed, length) => {
      if (!isOneLz4Frame(packed)) throw new RangeError('not one frame');
      mustNotExceed(mostFromLz4(packed, length), length + MOST_LZ4_BLOCK);
      return decompressFrameSync(packed);
    };
  }
  const zlib = await import('node:zlib');
  // Node has it from 22.15 on.
  if ('zstdDecompressSync' in zlib) {
    const decompress = zlib.zstdDecompressSync as (
      packed: Buffer,
      options: { maxOutputLength: number },
    ) => Uint8Array;
    return (packed, length) => decompress(packed, { maxOutputLength: Math.max(length, 1) });
  }
  const { Decoder } = (await import('@toondepauw/node-zstd')).default;
  const decoder = new Decoder();
  return (packed, length) => {
    mustNotExceed(mostFromZstd(packed), length * ZSTD_TIMES + ZSTD_MORE);
    return decoder.decodeSync(packed);
  };
}

/** Neither library takes a limit: what would exceed it is told from the frame beforehand. */
function mustNotExceed(bytes: number, limit: number): void {
  if (bytes > limit) throw new RangeError(`a frame of up to ${bytes} bytes, expected at most ${limit}`);
}

/** The largest block that an LZ4 frame may have. */
const MOST_LZ4_BLOCK = 4 * 2 ** 20;
