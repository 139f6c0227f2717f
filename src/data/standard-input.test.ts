import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { run } from '../run.js';
import { surroundingsOfProcess } from '../terminal.js';
import { openFile } from './open.js';

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));
const piped = (...chunks: Uint8Array[]) => ({ standardInput: () => Readable.from(chunks) });
const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('pinbench-input-'));

describe('what is piped in', () => {
  it.each(['arrow-stream.arrow', 'data.arrow', 'data.npy'])(
    'is read as a file would be: %s',
    async (name) => {
      const bytes = fixture(name);
      const before = left();
      const file = await openFile('-', piped(bytes.subarray(0, 7), bytes.subarray(7)));
      // Nothing is left behind, whatever becomes of the process.
      expect(left()).toEqual(before);
      const { path, values } = await file.load();
      await file.close();
      expect(path).toBe('standard input');
      expect(values).toEqual(Float32Array.from({ length: 30 }, (_, i) => i));
    },
  );

  it('is refused by its name where it is empty, cut or no array', async () => {
    await expect(openFile('-', piped())).rejects.toMatchObject({ message: /^standard input: empty/ });
    await expect(openFile('-', piped(Buffer.from('a,b\n1,2\n')))).rejects.toMatchObject({
      message: /^standard input: text/,
    });
    const cut = fixture('arrow-stream.arrow').subarray(0, -100);
    await expect(openFile('-', piped(cut))).rejects.toMatchObject({
      code: 'data',
      message: /^standard input: truncated/,
    });
  });

  it('is refused where it is a terminal, which nobody would know to type into', async () => {
    const terminal = Object.assign(Readable.from([]), { isTTY: true });
    await expect(openFile('-', { standardInput: () => terminal })).rejects.toMatchObject({
      code: 'usage',
      observed: 'standard input is a terminal',
    });
  });

  it('is waited for no longer than until the run is stopped', async () => {
    const before = left();
    const endless = new Readable({ read() {} });
    const surroundings = { ...surroundingsOfProcess(), standardInput: () => endless as NodeJS.ReadStream };
    const stopped = run('-', { signal: AbortSignal.timeout(50) }, surroundings);
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted', subject: 'standard input' });
    expect(left()).toEqual(before);
  });

  it('is nothing to a program that names a file -', async () => {
    await expect(openFile('-')).rejects.toMatchObject({
      code: 'data',
      subject: '-',
      observed: 'no such file',
    });
  });
});
