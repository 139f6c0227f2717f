import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset, openFile } from '../open.js';
import { messagesIn, repeatedStream } from '../testing/arrow-cases.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/${name}`, import.meta.url));
/** How long Ctrl-C may take, ms. */
const PROMPTLY_MS = 500;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinbench-batches-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function repeated(name: string, last: number, times: number): Promise<string> {
  const path = join(folder, `${times}-${name}`);
  await writeFile(path, repeatedStream(await readFile(fixture(name)), last, times));
  return path;
}

async function cpuMsOf(act: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe('a stream with a dictionary delta before each batch', () => {
  it('is read in a time that does not grow with the square of their number', async () => {
    // If every batch read all parts again, it would take a minute.
    const path = await repeated('arrow-dictionary-delta-stream.arrow', 2, 5000);
    const cpuMs = await cpuMsOf(async () => {
      const { rows, values } = await openDataset(path);
      expect(rows).toBe(2 + 5000 * 3);
      expect([...values.subarray(0, 5), ...values.subarray(-3)]).toEqual([20, 10, 30, 10, 20, 30, 10, 20]);
    });
    expect(cpuMs).toBeLessThan(5000);
  });

  it('gives each batch only the values that precede it', async () => {
    const [schema, first, , delta, second] = messagesIn(
      await readFile(fixture('arrow-dictionary-delta-stream.arrow')),
    ) as [Buffer, Buffer, Buffer, Buffer, Buffer];
    const path = join(folder, 'early');
    await writeFile(path, Buffer.concat([schema, first, second, delta, second]));
    await expect(openDataset(path)).rejects.toMatchObject({
      code: 'data',
      observed: 'column "a" has an index of 2 into a dictionary in row 0',
    });
    await writeFile(path, Buffer.concat([schema, first, delta, second, first, delta, delta, second]));
    expect([...(await openDataset(path)).values]).toEqual([30, 10, 20, 30, 10, 20]);
  });
});

describe('a signal is handled within half a second', () => {
  it.each([
    { what: 'batches', name: 'arrow-stream.arrow', last: 1, times: 400_000 },
    { what: 'dictionaries', name: 'arrow-dictionary-delta-stream.arrow', last: 2, times: 100_000 },
    { what: 'offsets of lists', name: 'arrow-list-whole-zstd.arrow', last: 1, times: 100_000 },
  ])(
    'while $what are looked for and while they are loaded',
    async ({ name, last, times }) => {
      const path = await repeated(name, last, times);
      const stopped = async (act: (signal: AbortSignal) => Promise<unknown>, afterMs: number) => {
        const stop = new AbortController();
        let at = Number.NaN;
        setTimeout(() => {
          at = performance.now();
          stop.abort(new Error('stopped'));
        }, afterMs);
        await expect(act(stop.signal)).rejects.toThrow('stopped');
        return performance.now() - at;
      };
      for (const afterMs of [0, 100, 300])
        expect(await stopped((signal) => openFile(path, { signal }), afterMs)).toBeLessThan(PROMPTLY_MS);
      const file = await openFile(path);
      for (const afterMs of [0, 100])
        expect(await stopped((signal) => file.load({ signal }), afterMs)).toBeLessThan(PROMPTLY_MS);
      await file.close();
    },
    120_000,
  );
});
