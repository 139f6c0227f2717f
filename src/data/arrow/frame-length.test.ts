import { Encoder } from '@toondepauw/node-zstd';
import { compressFrameSync } from 'lz4-napi';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { codecOf } from './codecs.js';
import { mostFromLz4, mostFromZstd } from './frame-length.js';

/** Bytes of which the first `noisy` are random and the others alike. */
function bytesOf(length: number, noisy: number): Buffer {
  const random = xoroshiro128plus(length);
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i < noisy ? random.next() & 255 : i % 7)));
}

const CONTENTS = [
  { length: 0, noisy: 0 },
  { length: 1, noisy: 0 },
  { length: 100, noisy: 30 },
  { length: 70_000, noisy: 0 },
  { length: 300_000, noisy: 300_000 },
  { length: 1_000_000, noisy: 400_000 },
];

/** A Zstandard frame of blocks that each repeat one byte 128 KiB long. */
function repeatedZstd(blocks: number): Buffer {
  const frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38];
  for (let i = 0; i < blocks; i++) {
    const header = ((2 ** 17) << 3) | (1 << 1) | (i === blocks - 1 ? 1 : 0);
    frame.push(header & 255, (header >> 8) & 255, header >> 16, 7);
  }
  return Buffer.from(frame);
}

/** An LZ4 frame of 4 MiB blocks that are one byte and a match as long as `runs` bytes of 255 make it. */
function repeatedLz4(blocks: number, runs: number): Buffer {
  const block = Buffer.from([0x1f, 7, 1, 0, ...new Array(runs).fill(255), 0, 0x50, 1, 2, 3, 4, 5]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(block.length);
  const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73]);
  return Buffer.concat([header, ...new Array(blocks).fill([size, block]).flat(), Buffer.alloc(4)]);
}

describe('the length that a frame unpacks to', () => {
  it.each(CONTENTS)('is exact for LZ4, where the limit makes it walk: $length bytes', ({ length, noisy }) => {
    expect(mostFromLz4(compressFrameSync(bytesOf(length, noisy)), -1e9)).toBe(length);
  });

  it.each(CONTENTS)('is never less than it is for Zstandard: $length bytes', ({ length, noisy }) => {
    for (const level of [1, 3, 19]) {
      const most = mostFromZstd(new Encoder(level).encodeSync(bytesOf(length, noisy)));
      expect(most).toBeGreaterThanOrEqual(length);
      expect(most).toBeLessThanOrEqual(16 * length + 2 ** 20);
    }
  });

  it('counts the frames that follow, and skips what is to be skipped', () => {
    const skipped = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]);
    expect(mostFromZstd(Buffer.concat([repeatedZstd(2), skipped, repeatedZstd(3)]))).toBe(5 * 2 ** 17);
  });

  it.each([
    { compression: 'zstd' as const, frame: repeatedZstd(8000) },
    { compression: 'lz4' as const, frame: repeatedLz4(250, 16_000) },
  ])(
    'over the one claimed is refused before there is memory for it: $compression',
    async ({ compression, frame }) => {
      const decompress = await codecOf(compression);
      const before = process.memoryUsage().rss;
      expect(() => decompress(frame, 400_000)).toThrow();
      expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
    },
  );

  it.each([
    { compression: 'zstd' as const, frame: repeatedZstd(3), length: 3 * 2 ** 17 },
    { compression: 'lz4' as const, frame: repeatedLz4(3, 16_000), length: 3 * (1 + 19 + 16_000 * 255 + 5) },
  ])(
    'is what such a frame unpacks to where it is claimed: $compression',
    async ({ compression, frame, length }) => {
      expect((await codecOf(compression))(frame, length)).toHaveLength(length);
    },
  );
});
