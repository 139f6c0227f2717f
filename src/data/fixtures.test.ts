import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PinbenchError } from '../errors.js';
import { openDataset, openFile } from './open.js';

const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));
const DATA = /\.(?:npy|arrow|feather)$/;

interface Expectation {
  readonly format: string;
  readonly variety: string;
  readonly dtype: string;
  readonly rows: number;
  readonly cols: number;
  readonly float32: string;
  readonly native?: string;
  readonly columns?: string[];
  /** Columns that hold no numbers. */
  readonly leftOut?: string[];
}

const namesIn = (folder: string) => readdirSync(folder).filter((name) => DATA.test(name));
const expectationOf = (file: string) => JSON.parse(readFileSync(file.replace(DATA, '.json'), 'utf8'));
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const viewOf = (values: ArrayBufferView) =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** The bits of a NaN are not specified, so every NaN is replaced by the same one. */
function withOneNan(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer).map((value) => (Number.isNaN(value) ? Number.NaN : value));
}

describe.each(namesIn(FIXTURES))('%s', (name) => {
  const path = join(FIXTURES, name);
  // The example exists in both formats, with a single expectation.
  const arrowExample = name === 'data.arrow' && { format: 'arrow', variety: 'file' };
  const expected: Expectation = { ...expectationOf(path), ...arrowExample };
  const options = expected.columns && { columns: expected.columns };

  it('has the header that was written', async () => {
    const { format, variety, dtype, rows, cols } = expected;
    const file = await openFile(path, options);
    expect(file).toMatchObject({ format, variety, dtype, rows, cols });
    if (expected.leftOut !== undefined)
      expect(file.columns!.filter(({ width }) => width === 0).map(({ name }) => name)).toEqual(
        expected.leftOut,
      );
  });

  it('loads as float32, bit for bit as numpy casts it', async () => {
    const { values, dtype, castFrom } = await openDataset(path, options);
    expect(dtype).toBe('float32');
    expect(castFrom).toBe(expected.dtype === 'float32' ? undefined : expected.dtype);
    expect(withOneNan(viewOf(values))).toEqual(withOneNan(bytesOf(expected.float32)));
  });

  if (expected.native === undefined) {
    it('is refused with its own type, since its columns differ', async () => {
      await expect(openDataset(path, { ...options, dtype: 'native' })).rejects.toThrow(
        /columns of several types/,
      );
    });
  } else {
    it('loads with its own type, bit for bit', async () => {
      const { values, dtype, castFrom } = await openDataset(path, { ...options, dtype: 'native' });
      expect([dtype, castFrom]).toEqual([expected.dtype, undefined]);
      expect(viewOf(values)).toEqual(bytesOf(expected.native!));
    });
  }
});

describe('a broken file', () => {
  const folder = join(FIXTURES, 'broken');

  it.each(namesIn(folder))('%s is refused in one line that says what is wrong', async (name) => {
    const path = join(folder, name);
    const { reason, columns, code = 'data' } = expectationOf(path);
    const error = await openDataset(path, columns && { columns }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PinbenchError);
    const { message, observed, expected, code: seen } = error as PinbenchError;
    expect(seen).toBe(code);
    expect(message).toContain(reason);
    expect(message).toContain(code === 'usage' ? '--column' : name);
    expect(message).not.toMatch(/[\n\r]/);
    expect(message.length).toBeLessThan(400);
    // The parts themselves must be short too: a long message would be cut off.
    expect(observed.length + (expected?.length ?? 0)).toBeLessThan(300);
  });
});
