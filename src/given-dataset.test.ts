import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openDataset, run } from './index.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const ARROW = fixture('data.arrow');
const SHORT = { epochs: 6, minTimeNs: 0, warmup: 0, engine: 'cpu' } as const;

describe('a run on a dataset in memory', () => {
  it('records the columns with which the dataset was loaded, and refuses others', async () => {
    const dataset = await openDataset(ARROW, { columns: ['a'] });
    expect((await run(dataset, SHORT)).plan.columns).toEqual(['a']);
    expect((await run(dataset, { ...SHORT, columns: ['a'] })).plan.columns).toEqual(['a']);
    await expect(run(dataset, { ...SHORT, columns: ['b'] })).rejects.toMatchObject({
      code: 'usage',
      message:
        '--column: "b" contradicts the dataset in memory, which has the columns a; omit the option, or pass it to openDataset',
    });
  });

  it('refuses columns if the dataset was loaded without naming any', async () => {
    const dataset = await openDataset(fixture('data.npy'));
    expect((await run(dataset, SHORT)).plan.columns).toBeUndefined();
    await expect(run(dataset, { ...SHORT, columns: ['x'] })).rejects.toMatchObject({
      ...{ code: 'usage', subject: '--column' },
      observed: '"x" contradicts the dataset in memory, which was loaded without naming columns',
    });
  });

  it('records the element type with which the dataset was loaded, and refuses another', async () => {
    const path = fixture('npy-little-f8.npy');
    const native = await openDataset(path, { dtype: 'native' });
    expect((await run(native, SHORT)).plan.dtype).toBe('native');
    await expect(run(native, { ...SHORT, dtype: 'float32' })).rejects.toMatchObject({
      ...{ code: 'usage', subject: '--dtype' },
      observed: '"float32" contradicts the dataset in memory, which is float64',
    });
    const cast = await openDataset(path);
    expect((await run(cast, SHORT)).plan.dtype).toBe('float32');
    await expect(run(cast, { ...SHORT, dtype: 'native' })).rejects.toMatchObject({
      ...{ code: 'usage', subject: '--dtype' },
      observed: '"native" contradicts the dataset in memory, whose values were cast from float64 to float32',
    });
  });

  it('accepts both element types for a dataset whose file has float32', async () => {
    const dataset = await openDataset(fixture('data.npy'));
    for (const dtype of ['float32', 'native'] as const)
      expect((await run(dataset, { ...SHORT, dtype })).plan.dtype).toBe(dtype);
  });
});
