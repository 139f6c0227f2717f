import type { Compression } from './arrow-messages.js';

/** Unpacks one buffer: an LZ4 frame or a Zstandard frame. Throws where it is neither. */
export type Decompress = (packed: Buffer) => Uint8Array;

/** The codec of a compression, loaded when it is first needed: native code, prebuilt. */
export async function codecOf(compression: Exclude<Compression, 'none'>): Promise<Decompress> {
  if (compression === 'lz4') return (await import('lz4-napi')).default.decompressFrameSync;
  const zlib = await import('node:zlib');
  // Node has it from 22.15 on.
  if ('zstdDecompressSync' in zlib) return zlib.zstdDecompressSync as Decompress;
  const { Decoder } = (await import('@toondepauw/node-zstd')).default;
  const decoder = new Decoder();
  return (packed) => decoder.decodeSync(packed);
}
