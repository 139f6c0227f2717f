import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../run.js';
import { openDataset, openFile } from './open.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinbench-open-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('openFile refuses', () => {
  it('a file that does not exist', async () => {
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

  it('an empty path, which it shows as ""', async () => {
    await expect(openFile('')).rejects.toMatchObject({ code: 'data', message: '"": no such file' });
  });

  it('a directory, and names the first data file in it', async () => {
    const saved = join(folder, 'saved');
    await mkdir(join(saved, 'train'), { recursive: true });
    await expect(openFile(saved)).rejects.toMatchObject({
      code: 'data',
      message: `${saved}: a directory; expected an NPY or Arrow file`,
    });
    for (const file of [
      ['train', 'data-00001-of-00002.arrow'],
      ['train', 'data-00000-of-00002.arrow'],
      ['z.npy'],
    ]) {
      const path = join(saved, ...file);
      await writeFile(path, '');
      await expect(openFile(saved)).rejects.toMatchObject({ remedy: `name a file in it, such as ${path}` });
    }
  });

  it.skipIf(process.platform === 'win32')('a pipe, without waiting for its writer', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    await expect(openFile(path)).rejects.toMatchObject({
      code: 'data',
      observed: 'a pipe or a device',
      remedy: 'copy it to a file first, or pipe it in and give - as the file',
    });
  });

  // Root may read any file.
  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'a file without read permission',
    async () => {
      const path = join(folder, 'secret.npy');
      await writeFile(path, 'x');
      await chmod(path, 0);
      await expect(openFile(path)).rejects.toMatchObject({ code: 'data', observed: /permission denied/ });
    },
  );

  it.runIf(process.platform === 'linux')(
    'a file of /proc, which has data although its size is 0',
    async () => {
      await expect(openFile('/proc/cpuinfo')).rejects.toMatchObject({
        code: 'data',
        observed: 'a special file that reports no size',
      });
      await expect(openFile('/proc/self/mem')).rejects.toMatchObject({
        code: 'data',
        observed: 'cannot be read (EIO, i/o error)',
      });
      await writeFile(join(folder, 'empty'), '');
      await expect(openFile(join(folder, 'empty'))).rejects.toMatchObject({ observed: 'empty' });
    },
  );

  it('a file that ends within the bytes that tell its format', async () => {
    for (const [bytes, size, what] of [
      ['A', '1 byte', 'an Arrow file'],
      ['ARROW', '5 bytes', 'an Arrow file'],
      ['\x93NU', '3 bytes', 'an NPY file'],
      ['\xff\xff\xff', '3 bytes', 'an Arrow stream'],
      ['\xff\xff\xff\xff\x08\x01\x00', '7 bytes', 'an Arrow stream'],
    ] as const) {
      await writeFile(join(folder, 'cut'), Buffer.from(bytes, 'latin1'));
      await expect(openFile(join(folder, 'cut'))).rejects.toMatchObject({
        code: 'data',
        observed: `truncated: ${size}, the start of ${what}`,
      });
    }
    await writeFile(join(folder, 'cut'), 'AR,B\n');
    await expect(openFile(join(folder, 'cut'))).rejects.toMatchObject({ observed: /^text/ });
  });

  it('bytes of an unknown format, and recognises text', async () => {
    await writeFile(join(folder, 'bytes'), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9));
    await writeFile(join(folder, 'short'), 'a');
    await expect(openFile(join(folder, 'bytes'))).rejects.toMatchObject({
      code: 'data',
      observed: /^not an array/,
    });
    await expect(openFile(join(folder, 'short'))).rejects.toMatchObject({ code: 'data', observed: /^text/ });
  });
});

describe('openFile(), openDataset(), load() and run() refuse', () => {
  const data = fileURLToPath(new URL('../../fixtures/data.arrow', import.meta.url));
  const refusalOf = (act: () => Promise<unknown>) => act().then(String, (error: unknown) => error);

  it.each([
    [{ dtype: 'float64' }, '--dtype: "float64"; expected float32, native'],
    [{ dtype: 'Native' }, '--dtype: "Native"; expected float32, native'],
    [{ dtype: null }, '--dtype: "null"; expected float32, native'],
    [{ columns: [] }, /^--column: ""; expected an array of one or more names/],
    [{ columns: 'x' }, /^--column: "x"; expected an array of one or more names/],
    [{ columns: null }, /^--column: "null"; expected an array of one or more names/],
    [{ columns: [1] }, /^--column: "1"; expected an array of one or more names/],
    [{ column: ['a'] }, /^column: no such option; expected .*columns/],
    [null, 'options: null; expected an object with option names as keys'],
    ['native', 'options: native; expected an object with option names as keys'],
  ])('the options %j with the same message', async (options, message) => {
    const expected = { name: 'PinbenchError', code: 'usage', message: expect.stringMatching(message) };
    expect(await refusalOf(() => openDataset(data, options as never))).toMatchObject(expected);
    expect(await refusalOf(() => run(data, options as never))).toMatchObject(expected);
    const isAboutOpening = options === null || typeof options !== 'object' || !('dtype' in options);
    if (isAboutOpening)
      expect(await refusalOf(() => openFile(data, options as never))).toMatchObject(expected);
    const file = await openFile(data);
    if (!isAboutOpening || options === null)
      expect(await refusalOf(() => file.load(options as never))).toMatchObject(expected);
    await file.close();
  });

  it('invalid options that have no flag', async () => {
    const refusal = (subject: string, expected: string) => ({ code: 'usage', subject, expected });
    const signal = {} as AbortSignal;
    expect(await refusalOf(() => openFile(data, { signal }))).toMatchObject(
      refusal('signal', 'an AbortSignal'),
    );
    expect(await refusalOf(() => openFile('-', { standardInput: 1 as never }))).toMatchObject(
      refusal('standardInput', 'a function that returns a stream'),
    );
    const onProgress = 1 as never;
    const isRefused = refusal('onProgress', 'a function');
    expect(await refusalOf(() => openDataset(data, { onProgress }))).toMatchObject(isRefused);
    const file = await openFile(data);
    expect(await refusalOf(() => file.load({ onProgress }))).toMatchObject(isRefused);
    await file.close();
  });

  it.each([undefined, null, 0, new URL('file:///a.npy')])('%s as a path', async (path) => {
    for (const open of [openFile, openDataset])
      expect(await refusalOf(() => open(path as never))).toMatchObject({
        code: 'usage',
        message: `${open.name}: its first argument is not a path; expected the path of an NPY or Arrow file`,
      });
  });
});
