import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { run } from '../run.js';
import { surroundingsOfProcess } from '../terminal.js';
import { openFile } from './open.js';

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));
const piped = (...chunks: Uint8Array[]) => ({ standardInput: () => Readable.from(chunks) });
const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('pinbench-input-'));

describe('standard input', () => {
  it.each(['arrow-stream.arrow', 'data.arrow', 'data.npy'])('is read like a file: %s', async (name) => {
    const bytes = fixture(name);
    const before = left();
    const file = await openFile('-', piped(bytes.subarray(0, 7), bytes.subarray(7)));
    // No file is left behind, however the process ends.
    expect(left()).toEqual(before);
    const { path, values } = await file.load();
    await file.close();
    expect(path).toBe('standard input');
    expect(values).toEqual(Float32Array.from({ length: 30 }, (_, i) => i));
  });

  it('is named in the error if it is empty, truncated or not an array', async () => {
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

  it('is refused if it is a terminal', async () => {
    const terminal = Object.assign(Readable.from([]), { isTTY: true });
    await expect(openFile('-', { standardInput: () => terminal })).rejects.toMatchObject({
      code: 'usage',
      observed: 'standard input is a terminal',
    });
  });

  it('is recognised by its first bytes, so that an unknown format is refused at once', async () => {
    for (const [bytes, observed] of [
      [new Uint8Array(2 ** 16), /^not an array/],
      [Buffer.from('a,b\n1,2\n'.repeat(10_000)), /^text, perhaps CSV/],
      [Buffer.concat([Buffer.from('PAR1'), new Uint8Array(2 ** 16)]), /^a Parquet file/],
      [fixture('broken/other-safetensors.npy'), /^a safetensors file/],
    ] as const) {
      let chunks = 0;
      const endless = Readable.from(
        (function* () {
          for (;;) {
            chunks += 1;
            yield bytes;
          }
        })(),
      );
      await expect(openFile('-', { standardInput: () => endless })).rejects.toMatchObject({
        code: 'data',
        subject: 'standard input',
        observed,
      });
      expect(endless.destroyed).toBe(true);
      // As many as a stream reads ahead.
      expect(chunks).toBeLessThan(40);
    }
  });

  it('may arrive in chunks of any size, even one byte', async () => {
    const bytes = fixture('data.npy');
    const file = await openFile('-', piped(...Array.from(bytes, (byte) => Uint8Array.of(byte))));
    expect((await file.load()).values).toEqual(Float32Array.from({ length: 30 }, (_, i) => i));
    await file.close();
  });

  it('is refused with the reason if it cannot be read', async () => {
    for (const [code, message] of [
      ['EISDIR', 'standard input: a directory; expected an NPY or Arrow file'],
      ['EBADF', 'standard input: cannot be read (EBADF); pipe a file in, as in: pinbench run - < data.npy'],
    ]) {
      const failing = () =>
        new Readable({
          read() {
            this.destroy(Object.assign(new Error('read failed'), { code }));
          },
        });
      const throwing = () => {
        throw Object.assign(new Error('no stream'), { code });
      };
      for (const standardInput of [failing, throwing])
        await expect(openFile('-', { standardInput })).rejects.toMatchObject({ code: 'data', message });
    }
  });

  it.runIf(process.platform === 'linux')('has no name in any folder while it is copied', async () => {
    const before = left();
    const endless = new Readable({ read() {} });
    endless.push(fixture('arrow-stream.arrow'));
    const stop = new AbortController();
    const opening = openFile('-', { standardInput: () => endless, signal: stop.signal });
    const refused = expect(opening).rejects.toThrow('enough');
    const copies = () =>
      readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).includes('pinbench-input-');
        } catch {
          return false;
        }
      });
    await expect.poll(() => copies().length).toBe(1);
    expect(left()).toEqual(before);
    stop.abort(new Error('enough'));
    await refused;
    expect(copies()).toEqual([]);
  });

  it('is no longer waited for once the run is stopped', async () => {
    const before = left();
    const endless = new Readable({ read() {} });
    const surroundings = { ...surroundingsOfProcess(), standardInput: () => endless as NodeJS.ReadStream };
    const stopped = run('-', { signal: AbortSignal.timeout(50) }, surroundings);
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted', subject: 'standard input' });
    expect(left()).toEqual(before);
  });

  it('is not used by a program that names a file -', async () => {
    await expect(openFile('-')).rejects.toMatchObject({
      code: 'data',
      subject: '-',
      observed: 'no such file',
    });
  });
});
