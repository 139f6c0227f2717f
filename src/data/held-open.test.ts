import { readdirSync, readlinkSync } from 'node:fs';
import {
  appendFile,
  copyFile,
  mkdtemp,
  readFile,
  realpath,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../main.js';
import { run } from '../run.js';
import { terminalOfProcess } from '../terminal.js';
import { openDataset, openFile } from './open.js';
import { repeatedStream } from './testing/arrow-cases.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'pinbench-held-')));
});
afterAll(() => rm(folder, { recursive: true }));

async function copyOf(name: string, as = name): Promise<string> {
  const path = join(folder, as);
  await copyFile(fixture(name), path);
  return path;
}

/** This process's handles on files of the folder, replaced files included, as Linux reports them. */
function handles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(folder) ? [target] : [];
    } catch {
      return [];
    }
  });
}

describe('between openFile() and load(), a file', () => {
  it.each(['data.npy', 'data.arrow'])(
    '%s is read as it was opened, although another one replaced it',
    async (name) => {
      const path = await copyOf(name, `replaced-${name}`);
      const expected = (await openDataset(path)).values;
      const file = await openFile(path);
      await rename(await copyOf('arrow-f8.arrow'), path);
      expect((await file.load()).values).toEqual(expected);
      await file.close();
      expect((await openDataset(path)).values).not.toEqual(expected);
    },
  );

  it('that is removed is read as it was opened', async () => {
    const path = await copyOf('data.npy', 'removed.npy');
    const expected = (await openDataset(path)).values;
    const file = await openFile(path);
    await rm(path);
    expect((await file.load()).values).toEqual(expected);
    await file.close();
  });

  it.each(['data.npy', 'data.arrow'])('%s is refused after it was written to', async (name) => {
    const path = await copyOf(name, `written-${name}`);
    for (const change of [
      () => writeFile(path, new Uint8Array(1000)),
      () => appendFile(path, 'more'),
      () => truncate(path, 200),
    ]) {
      await copyFile(fixture(name), path);
      const file = await openFile(path);
      // Longer than the resolution of the file system's timestamps.
      await new Promise((done) => setTimeout(done, 30));
      await change();
      await expect(file.load()).rejects.toMatchObject({ code: 'data', observed: /was changed after/ });
      await file.close();
    }
  });

  it('may be loaded several times until it is closed', async () => {
    const file = await openFile(await copyOf('npy-little-f8.npy'));
    const [first, second] = [await file.load(), await file.load({ dtype: 'native' })];
    expect([first.dtype, second.dtype]).toEqual(['float32', 'float64']);
    await file.close();
    await file.close();
    await expect(file.load()).rejects.toMatchObject({ code: 'usage', observed: 'the file was closed' });
  });
});

/** Writes an NPY file of 64 MiB that takes no space on the disk. */
async function largeNpy(path: string): Promise<void> {
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${2 ** 23}, 1), }`.padEnd(117);
  const header = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${text}\n`, 'latin1');
  await writeFile(path, header);
  await truncate(path, header.length + 2 ** 26);
}

describe('a file that is closed while it is loaded', () => {
  it.each([
    'large.npy',
    'arrow-stream.arrow',
    'arrow-list-whole-zstd.arrow',
    'arrow-dictionary-delta-stream.arrow',
  ])('is reported as closed, whatever the pending reads return: %s', async (name) => {
    const path = join(folder, `closed-${name}`);
    if (name.endsWith('.npy')) await largeNpy(path);
    else await writeFile(path, repeatedStream(await readFile(fixture(name)), 1, 20_000));
    const file = await openFile(path);
    const refused = expect(file.load()).rejects.toMatchObject({
      code: 'usage',
      message: `${path}: the file was closed; open it again`,
    });
    await new Promise((done) => setImmediate(done));
    await file.close();
    await refused;
  });
});

describe.runIf(process.platform === 'linux')('the handle of an open file', () => {
  it.each(['data.npy', 'data.arrow'])('of %s is the only one, and close() closes it', async (name) => {
    const path = await copyOf(name);
    const file = await openFile(path);
    expect(handles()).toEqual([path]);
    await file.close();
    expect(handles()).toEqual([]);
  });

  it('is closed after a refused opening, after a load and after a failed load', async () => {
    const path = await copyOf('broken/npy-payload-cut.npy', 'cut.npy');
    await expect(openFile(path)).rejects.toThrow(/truncated/);
    const good = await copyOf('data.npy');
    await expect(openFile(good, { columns: ['a'] })).rejects.toThrow(/--column/);
    await openDataset(good);
    await expect(openDataset(good, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
    expect(handles()).toEqual([]);
  });

  it('is closed after a refused run, and after inspect', async () => {
    const path = await copyOf('data.npy');
    await expect(run(path, { batch: 70_000 })).rejects.toMatchObject({ code: 'usage' });
    await expect(run(path, { engine: 'cpu', signal: AbortSignal.abort(), epochs: 1 })).rejects.toMatchObject({
      code: 'interrupted',
    });
    expect(handles()).toEqual([]);
    const terminal = terminalOfProcess();
    const stdout: typeof terminal.stdout = Object.create(terminal.stdout, { write: { value: () => true } });
    expect(await main(['inspect', path], { ...terminal, stdout })).toBe(0);
    expect(handles()).toEqual([]);
  });

  it('is closed for a program that drops the file without closing it', async () => {
    const path = await copyOf('data.npy');
    await (async () => {
      await (await openFile(path)).load();
    })();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    await expect
      .poll(
        () => {
          collect();
          return handles();
        },
        { timeout: 5000 },
      )
      .toEqual([]);
  });
});
