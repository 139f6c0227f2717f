import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Codecs } from './codecs.js';
import { Unpacking } from './unpacking.js';

/** A Zstandard frame whose blocks each repeat one byte: 0, 1, 2 and so on. */
function zstdOf(blocks: number, blockBytes = 2 ** 17): Buffer {
  const frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38];
  for (let i = 0; i < blocks; i++) {
    const header = (blockBytes << 3) | (1 << 1) | (i === blocks - 1 ? 1 : 0);
    frame.push(header & 255, (header >> 8) & 255, header >> 16, i & 255);
  }
  return Buffer.from(frame);
}

/** An LZ4 frame of 4 MiB blocks, each made of one byte and a match whose length takes `runs` bytes of 255. */
function lz4Of(blocks: number, runs: number): Buffer {
  const block = Buffer.from([0x1f, 7, 1, 0, ...new Array(runs).fill(255), 0, 0x50, 7, 7, 7, 7, 7]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(block.length);
  const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73]);
  return Buffer.concat([header, ...new Array(blocks).fill([size, block]).flat(), Buffer.alloc(4)]);
}
const lz4Bytes = (blocks: number, runs: number) => blocks * (1 + 19 + runs * 255 + 5);

const source = (frame: Uint8Array) => ({
  length: frame.length,
  read: (into: Uint8Array, at: number) => into.set(frame.subarray(at, at + into.length)),
});

async function unpacking(
  compression: 'lz4' | 'zstd',
  frame: Uint8Array,
  length: number,
  needed = length,
): Promise<Unpacking> {
  return new Unpacking(await Codecs.load(), compression, source(frame), length, needed);
}

function bytesOf(buffer: Unpacking, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  buffer.read(bytes, at);
  return bytes;
}

describe('a compressed buffer', () => {
  it.each([
    { compression: 'zstd' as const, frame: zstdOf(8000), claimed: 400_000 },
    { compression: 'zstd' as const, frame: zstdOf(8000), claimed: 2 ** 29 },
    { compression: 'lz4' as const, frame: lz4Of(250, 16_000), claimed: 400_000 },
    { compression: 'lz4' as const, frame: lz4Of(250, 16_000), claimed: 2 ** 29 },
  ])(
    'that unpacks to a gigabyte but claims $claimed bytes is refused when it is read: $compression',
    async ({ compression, frame, claimed }) => {
      const buffer = await unpacking(compression, frame, claimed, 1000);
      const before = process.memoryUsage().rss;
      expect(() => bytesOf(buffer, 0, 1000)).toThrow(new RangeError('it is longer'));
      expect(process.memoryUsage().rss - before).toBeLessThan(20e6);
      expect((await Codecs.load()).open).toBe(0);
    },
  );

  it.each([
    { compression: 'zstd' as const, frame: zstdOf(3), length: 3 * 2 ** 17 },
    { compression: 'lz4' as const, frame: lz4Of(3, 16_000), length: lz4Bytes(3, 16_000) },
  ])('must have exactly the length that it claims: $compression', async (buffer) => {
    const { compression, frame, length } = buffer;
    expect(bytesOf(await unpacking(compression, frame, length), 0, length)).toHaveLength(length);
    for (const [claimed, why] of [
      [length - 1, 'it is longer'],
      [length + 1, `it ends after ${length} bytes`],
    ] as const) {
      const other = await unpacking(compression, frame, claimed);
      expect(() => bytesOf(other, 0, claimed)).toThrow(new RangeError(why));
    }
  });

  it('can be read in any parts, forwards and backwards', async () => {
    const buffer = await unpacking('zstd', zstdOf(200, 1000), 200_000);
    const at = (first: number, length: number) => [...bytesOf(buffer, first, length)];
    expect(at(0, 3)).toEqual([0, 0, 0]);
    expect(at(2, 2)).toEqual([0, 0]);
    expect(at(998, 4)).toEqual([0, 0, 1, 1]);
    expect(at(1001, 1)).toEqual([1]);
    expect(at(1001, 0)).toEqual([]);
    expect(at(150_999, 2)).toEqual([150, 151]);
    expect(at(2999, 2)).toEqual([2, 3]);
    expect(at(199_998, 2)).toEqual([199, 199]);
    expect(at(199_999, 1)).toEqual([199]);
    expect(at(0, 1)).toEqual([0]);
    expect(at(199_999, 1)).toEqual([199]);
  });

  it('is decompressed side by side with others, each from its own position', async () => {
    const frames = Array.from({ length: 20 }, (_, i) => zstdOf(100 + i, 5000));
    const buffers = await Promise.all(frames.map((frame, i) => unpacking('zstd', frame, (100 + i) * 5000)));
    for (let block = 0; block < 99; block++)
      for (const buffer of buffers) expect([...bytesOf(buffer, block * 5000 + 4999, 1)]).toEqual([block]);
    expect((await Codecs.load()).open).toBe(20);
    for (const [i, buffer] of buffers.entries()) bytesOf(buffer, (100 + i) * 5000 - 1, 1);
    expect((await Codecs.load()).open).toBe(0);
  });

  it('with any byte changed or cut off is refused or has its full length, and never loops forever', async () => {
    for (const name of ['arrow-zstd-stream', 'arrow-lz4-stream']) {
      const file = readFileSync(fileURLToPath(new URL(`../../../fixtures/${name}.arrow`, import.meta.url)));
      const compression = name.includes('zstd') ? 'zstd' : 'lz4';
      const magic = Buffer.from(compression === 'zstd' ? [0x28, 0xb5, 0x2f, 0xfd] : [0x04, 0x22, 0x4d, 0x18]);
      const start = file.indexOf(magic);
      const length = Number(file.readBigInt64LE(start - 8));
      const frame = file.subarray(start, file.indexOf(magic, start + 1) - 8);
      for (let at = 0; at < frame.length; at++)
        for (const changed of [Buffer.from(frame), frame.subarray(0, at)]) {
          if (changed.length === frame.length) changed[at]! ^= 1 << (at % 8);
          const buffer = await unpacking(compression, changed, length);
          try {
            expect(bytesOf(buffer, 0, length)).toHaveLength(length);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        }
    }
    expect((await Codecs.load()).open).toBe(0);
  });
});
