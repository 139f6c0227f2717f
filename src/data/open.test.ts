import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFile } from './open.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinbench-open-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('openFile refuses', () => {
  it('a file that is not there', async () => {
    await expect(openFile(join(folder, 'missing.npy'))).rejects.toMatchObject({
      code: 'data',
      observed: 'no such file',
    });
    await writeFile(join(folder, 'file'), 'x');
    await expect(openFile(join(folder, 'file', 'below'))).rejects.toMatchObject({
      code: 'data',
      observed: 'no such file',
    });
  });

  it('a directory', async () => {
    await expect(openFile(folder)).rejects.toMatchObject({ code: 'data', observed: 'a directory' });
  });

  it.skipIf(process.platform === 'win32')('a pipe, without waiting for its writer', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    await expect(openFile(path)).rejects.toMatchObject({ code: 'data', observed: 'a pipe or a device' });
  });

  // Root may read anything.
  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'a file that may not be read',
    async () => {
      const path = join(folder, 'secret.npy');
      await writeFile(path, 'x');
      await chmod(path, 0);
      await expect(openFile(path)).rejects.toMatchObject({ code: 'data', observed: /permission denied/ });
    },
  );

  it('bytes of no known format, telling text apart', async () => {
    await writeFile(join(folder, 'bytes'), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9));
    await writeFile(join(folder, 'short'), 'a');
    await expect(openFile(join(folder, 'bytes'))).rejects.toMatchObject({
      code: 'data',
      observed: /^not an array/,
    });
    await expect(openFile(join(folder, 'short'))).rejects.toMatchObject({ code: 'data', observed: /^text/ });
  });
});
