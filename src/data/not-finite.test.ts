import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from '../run.js';
import type { Dataset } from './dataset.js';
import { countNotFinite } from './not-finite.js';
import { openDataset } from './open.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}.npy`, import.meta.url));
const matrix = (dtype: Dataset['dtype'], values: Dataset['values'], castFrom?: string): Dataset => ({
  ...{ path: 'a matrix', format: 'npy', dtype, rows: values.length, cols: 1, values },
  ...(castFrom !== undefined && { castFrom }),
});

describe('countNotFinite', () => {
  it('counts NaNs and infinities at any position, also at block boundaries', async () => {
    for (const length of [1, 3, 65_535, 65_536, 65_537, 200_003]) {
      for (const Floats of [Float32Array, Float64Array]) {
        const dtype = Floats === Float32Array ? 'float32' : 'float64';
        const values = new Floats(length).fill(Floats === Float32Array ? 3e38 : 1e308);
        expect(await countNotFinite(matrix(dtype, values))).toEqual({
          nan: 0,
          infinite: 0,
          lookedAt: length,
        });
        for (const at of [0, length >> 1, Math.min(65_535, length - 1), length - 1]) {
          values.fill(-1).fill(Number.NaN, at, at + 1);
          expect(await countNotFinite(matrix(dtype, values))).toMatchObject({ nan: 1, infinite: 0 });
          values[at] = Number.NEGATIVE_INFINITY;
          expect(await countNotFinite(matrix(dtype, values))).toMatchObject({ nan: 0, infinite: 1 });
        }
      }
    }
  });

  it('counts float16 values by their bits', async () => {
    const bits = Uint16Array.of(0x7c00, 0xfc00, 0x7c01, 0xffff, 0x7bff, 0xfbff, 0, 0x8000);
    expect(await countNotFinite(matrix('float16', bits))).toEqual({ nan: 2, infinite: 2, lookedAt: 8 });
  });

  it('counts infinities from the file and those that a cast from float64 made', async () => {
    const cast = await openDataset(fixture('npy-rounding-f8'));
    expect(await countNotFinite(cast)).toMatchObject({ nan: 1, infinite: 5 });
    const native = await openDataset(fixture('npy-rounding-f8'), { dtype: 'native' });
    expect(await countNotFinite(native)).toMatchObject({ nan: 1, infinite: 2 });
  });

  it('skips matrices of integers, cast or not', async () => {
    const none = { nan: 0, infinite: 0, lookedAt: 0 };
    expect(await countNotFinite(matrix('uint16', Uint16Array.of(0x7c00)))).toEqual(none);
    expect(await countNotFinite(matrix('float32', Float32Array.of(1), 'int64'))).toEqual(none);
    const several = matrix('float32', Float32Array.of(Number.NaN), 'int64+float64');
    expect(await countNotFinite(several)).toEqual({ nan: 1, infinite: 0, lookedAt: 1 });
  });

  it('checks an evenly spread part of a matrix beyond its limit, and reports how many values it checked', async () => {
    const values = new Float32Array(10 * 65_536).fill(Number.NaN, 0, 5 * 65_536);
    const count = await countNotFinite(matrix('float32', values), undefined, 4 * 65_536);
    expect(count).toEqual({ nan: 2 * 65_536, infinite: 0, lookedAt: 4 * 65_536 });
  });

  it('stops when the signal fires', async () => {
    const values = new Float32Array(65_536);
    expect(await countNotFinite(matrix('float32', values), AbortSignal.abort())).toMatchObject({
      lookedAt: 0,
    });
  });
});

describe('a run', () => {
  const options = { engine: 'cpu', epochs: 1, minTimeNs: 0, warmup: 0 } as const;

  it('warns about values that are not finite and states how many there are', async () => {
    const { warnings } = await run(fixture('npy-nan-inf'), options);
    expect(warnings).toContainEqual({ code: 'not-finite', nan: 1, infinite: 2, lookedAt: 10, values: 10 });
    const cast = await run(fixture('npy-rounding-f8'), options);
    expect(cast.warnings).toContainEqual({
      ...{ code: 'not-finite', nan: 1, infinite: 5, lookedAt: 16, values: 16, castFrom: 'float64' },
    });
  });

  it('does not warn about finite data', async () => {
    const { warnings } = await run(fixture('data'), options);
    expect(warnings.map(({ code }) => code)).not.toContain('not-finite');
  });
});
