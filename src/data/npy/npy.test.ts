import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset, openFile } from '../open.js';
import { openNpy } from './npy.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinbench-npy-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** An NPY file of version 1, as numpy writes it except for the padding. */
function npyOf(descr: string, fortran: boolean, shape: readonly number[], payload: Uint8Array): Uint8Array {
  const order = fortran ? 'True' : 'False';
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape.join(', ')},), }`;
  const header = Buffer.alloc(10);
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(text.length, 8);
  return Buffer.concat([header, Buffer.from(text, 'latin1'), payload]);
}

async function written(name: string, content: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function loadInChunks(path: string, chunkBytes: number, dtype: 'float32' | 'native' = 'float32') {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    return await (await openNpy(file, size, chunkBytes)).load({ dtype });
  } finally {
    await file.close();
  }
}

describe('an NPY file', () => {
  it('gives the same values for any chunk size, read directly, cast or byte-swapped', async () => {
    const elements = 1001;
    const values = Float64Array.from({ length: elements }, (_, i) => i * 1.25 - 300);
    const swapped = Buffer.from(values.slice().buffer).swap64();
    const little = await written('little.npy', npyOf('<f8', false, [77, 13], new Uint8Array(values.buffer)));
    const big = await written('big.npy', npyOf('>f8', false, [77, 13], swapped));
    for (const chunkBytes of [8, 24, 800, 8008, 1 << 20]) {
      for (const path of [little, big]) {
        expect((await loadInChunks(path, chunkBytes)).values).toEqual(Float32Array.from(values));
        expect((await loadInChunks(path, chunkBytes, 'native')).values).toEqual(values);
      }
    }
  });

  it('in Fortran order is transposed, for any shape and tile size', async () => {
    for (const [rows, cols] of [
      [1, 7],
      [7, 1],
      [2, 3],
      [64, 64],
      [65, 63],
      [130, 5],
      [5, 130],
      [200, 33],
      [300, 15],
      [600, 27],
      [33, 48],
    ] as const) {
      const columnMajor = Int32Array.from({ length: rows * cols }, (_, i) => i);
      const expected = Int32Array.from(
        { length: rows * cols },
        (_, i) => (i % cols) * rows + Math.floor(i / cols),
      );
      const content = npyOf('<i4', true, [rows, cols], new Uint8Array(columnMajor.buffer));
      const path = await written(`fortran-${rows}-${cols}.npy`, content);
      for (const chunkBytes of [8, 64, 520, 4096, 1 << 20]) {
        expect((await loadInChunks(path, chunkBytes, 'native')).values).toEqual(expected);
        expect((await loadInChunks(path, chunkBytes)).values).toEqual(Float32Array.from(expected));
      }
    }
  });

  it('with several axes in Fortran order is transposed, for any tile size', async () => {
    const shape = [70, 4, 5, 3];
    const [rows, , , last] = shape as [number, number, number, number];
    const elements = shape.reduce((product, axis) => product * axis);
    const cols = elements / rows;
    const columnMajor = Int32Array.from({ length: elements }, (_, i) => i);
    const expected = Int32Array.from({ length: elements }, (_, i) => {
      const [row, col] = [Math.floor(i / cols), i % cols];
      const [a, b, c] = [Math.floor(col / (5 * last)), Math.floor(col / last) % 5, col % last];
      return row + rows * (a + 4 * (b + 5 * c));
    });
    const path = await written(
      'fortran-4d.npy',
      npyOf('<i4', true, shape, new Uint8Array(columnMajor.buffer)),
    );
    for (const chunkBytes of [8, 520, 4096, 1 << 20])
      expect((await loadInChunks(path, chunkBytes, 'native')).values).toEqual(expected);
  });

  it('of more than 2³² bytes is opened quickly, by its header', async () => {
    const rows = 1_100_000_000;
    const path = await written('large.npy', npyOf('<f4', false, [rows, 1], new Uint8Array(0)));
    await truncate(path, rows * 4 + 200);
    const before = process.memoryUsage().rss;
    expect(await openFile(path)).toMatchObject({ rows, cols: 1, dtype: 'float32' });
    expect(process.memoryUsage().rss - before).toBeLessThan(50e6);
  });

  it('with more elements than an array may hold is refused by its header', async () => {
    const rows = 2 ** 32 + 1;
    const path = await written('too-many.npy', npyOf('|u1', false, [rows], new Uint8Array(0)));
    await truncate(path, rows + 200);
    await expect(openFile(path)).rejects.toThrow(
      /4294967297 elements, shape \(4294967297,\); expected at most 4294967296/,
    );
  });

  it('that shrinks after it was opened is refused, not read as zeros', async () => {
    const payload = new Uint8Array(Float32Array.from({ length: 1000 }, () => 1).buffer);
    const path = await written('shrinks.npy', npyOf('<f4', false, [100, 10], payload));
    const file = await open(path);
    try {
      const contents = await openNpy(file, (await file.stat()).size);
      await truncate(path, 2000);
      await expect(contents.load()).rejects.toMatchObject({
        observed: /shorter while it was read/,
      });
    } finally {
      await file.close();
    }
  });

  it('reports progress and stops between chunks when aborted', async () => {
    const payload = new Uint8Array(40e6);
    const path = await written('progress.npy', npyOf('<f4', false, [1e6, 10], payload));
    const told: number[] = [];
    const stop = new AbortController();
    const onProgress = (done: number, total: number) => {
      expect(total).toBe(40e6);
      told.push(done);
    };
    await openDataset(path, { onProgress });
    expect(told).toHaveLength(Math.ceil(40e6 / 2 ** 22));
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(40e6);
    const stopped = openDataset(path, { onProgress: () => stop.abort(), signal: stop.signal });
    await expect(stopped).rejects.toThrow(/abort/);
  });

  it.each([
    [
      "{'descr': '<f4', 'fortran_order': False, 'shape': 9}".replace('9', '9'.repeat(400)),
      /shape is 9{40}…;/,
    ],
    [`{'descr': '<f4', 'fortran_order': False, '${'k'.repeat(400)}': 1}`, /key 'k{40}…';/],
    [
      `{'descr': '<f4', 'fortran_order': False, 'shape': (${'1, '.repeat(70)})}`,
      /a shape of 70 axes; expected at most 64/,
    ],
    [
      `{'descr': '<f4', 'fortran_order': False, 'shape': (${'9999, '.repeat(60)})}`,
      /claims over 10\^\d+ bytes.*9999, …\)/,
    ],
  ])('is refused in one short line, however long its header is: %#', async (text, message) => {
    const path = join(folder, 'long.npy');
    const prefix = Buffer.from('\x93NUMPY\x01\0\0\0', 'latin1');
    prefix.writeUInt16LE(text.length, 8);
    await writeFile(path, Buffer.concat([prefix, Buffer.from(text)]));
    const error: Error = await openFile(path).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(error.message).toMatch(message);
    expect(error.message.length).toBeLessThan(400);
  });

  it('has no named columns', async () => {
    const path = await written('columns.npy', npyOf('<f4', false, [1, 1], new Uint8Array(4)));
    await expect(openFile(path, { columns: ['a'] })).rejects.toMatchObject({
      code: 'usage',
      subject: '--column',
    });
  });
});
