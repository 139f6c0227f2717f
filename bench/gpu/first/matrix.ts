import { open, rm } from 'node:fs/promises';

/** Elements per write. */
const BLOCK = 2 ** 20;

/**
 * Writes an NPY file of `rows` × `cols` float32 without an obvious pattern, in the format of numpy.save. If it cannot be written
 * completely, it is removed.
 */
export async function writeMatrix(
  path: string,
  rows: number,
  cols: number,
  signal: AbortSignal,
): Promise<void> {
  const shape = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`;
  const start = [[0x93], Buffer.from('NUMPY\x01\x00'), [118, 0], Buffer.from(`${shape.padEnd(117)}\n`)];
  const block = Float32Array.from({ length: BLOCK }, (_, i) => Math.fround(Math.sin(i + 1)));
  const file = await open(path, 'w');
  try {
    await file.writeFile(Buffer.concat(start.map((bytes) => Buffer.from(bytes))));
    for (let left = rows * cols; left > 0; left -= BLOCK) {
      signal.throwIfAborted();
      await file.writeFile(new Uint8Array(block.buffer, 0, Math.min(left, BLOCK) * 4));
    }
    await file.close();
  } catch (error) {
    await file.close().catch(() => {});
    await rm(path, { force: true });
    throw error;
  }
}
