import { describe, expect, it } from 'vitest';
import type { DataFile } from '../data/dataset.js';
import { STANDARD_INPUT_NAME } from '../data/standard-input.js';
import { type FoundEngine, inspectionOf, renderInspection } from './inspection.js';

const FILE = {
  ...{ path: 'data.npy', format: 'npy', variety: '1.0', shape: [1000, 64], rows: 1000, cols: 64 },
  ...{ dtype: 'float32', order: 'row-major', byteOrder: 'little', compression: 'none', fileBytes: 256_128 },
} as unknown as DataFile;

const gpu = (freeBytes?: number): FoundEngine => ({
  name: 'cuda',
  availability: { available: true, devices: [{ name: 'NVIDIA H100', gpu: true, runtime: 'CUDA 13.0' }] },
  freeBytes: [freeBytes],
});
const CPU: FoundEngine = {
  name: 'cpu',
  availability: { available: true, devices: [{ name: 'a processor', gpu: false, runtime: 'TensorFlow.js' }] },
  freeBytes: [undefined],
};
const answer = (engines: readonly FoundEngine[], file: Partial<DataFile> = {}) =>
  renderInspection(inspectionOf({ ...FILE, ...file }, 2 ** 30, engines)).split('\n\n')[1];

describe('the answer of inspect', () => {
  it('says whether the dataset fits, what a step copies, and which command to run next', () => {
    expect(answer([gpu(2 ** 30), CPU])).toBe(
      [
        'The dataset fits on NVIDIA H100 (cuda): it can be kept there (pin) or copied (feed).',
        'A mini-batch of 32 rows (the default) is 8.00 KiB: feed copies that much in each step, pin only an index.',
        'Next: npx pinbench run data.npy --batch 1..512 --budget 60s',
        '',
      ].join('\n'),
    );
  });

  it('suggests feeding a dataset that does not fit, and says if the free memory is not known', () => {
    expect(answer([gpu(1000)])).toMatch(
      /^The dataset \(250 KiB\) does not fit on NVIDIA H100 \(cuda\): it can only be fed\.\n.*\nNext: .* --strategy feed,feed-ahead,feed-chunk --budget 60s$/m,
    );
    expect(answer([gpu()])).toMatch(/^Whether the dataset fits on NVIDIA H100 \(cuda\) is not known/);
  });

  it('follows a line for the host and one for each device that say whether the dataset fits', () => {
    const lines = (...engines: FoundEngine[]) =>
      renderInspection(inspectionOf(FILE, 2 ** 30, engines)).match(/^(?:host|device) .*$/gm);
    expect(lines(gpu(1000))).toEqual([
      'host    the dataset fits in memory: 250 KiB needed, 1.00 GiB free',
      'device  cuda: NVIDIA H100; the dataset does not fit in memory: 250 KiB needed, 1000 B free',
    ]);
    expect(lines(gpu())?.[1]).toBe('device  cuda: NVIDIA H100; the free memory is not known');
  });

  it('says that there is no GPU', () => {
    expect(answer([CPU])).toMatch(/^CUDA finds no GPU here\. `pinbench engines` lists/m);
    expect(answer([CPU])).not.toContain('--strategy');
  });

  it('ends with a command that a shell accepts as printed', () => {
    expect(answer([CPU], { path: "my data's.npy", rows: 1 })).toContain(
      "run 'my data'\\''s.npy' --batch 1 --budget",
    );
    expect(answer([CPU], { path: '-x.npy' })).toContain('run ./-x.npy ');
    expect(answer([CPU], { path: STANDARD_INPUT_NAME })).toContain('run - --batch');
    expect(answer([CPU], { rows: 10 ** 7 })).toContain('--batch 1..65536 ');
    expect(answer([CPU], { rows: 1 })).toMatch(/A mini-batch of 1 row \(the whole dataset\) is/);
  });
});

it('inspect shortens long names and types of columns', () => {
  const long = 'n'.repeat(5000);
  const columns = [
    { name: long, type: `Struct<{${long}}>`, width: 0, leftOut: 'no-numbers' as const },
    { name: 'x', type: 'Float32', width: 1 },
  ];
  const lines = renderInspection(inspectionOf({ ...FILE, columns }, 2 ** 30, [CPU])).split('\n');
  const shown = lines.filter((line) => line.startsWith('column'));
  expect(shown[0]).toMatch(/^column {2}n+…n+: Struct<\{n+…n+\}>, holds no numbers, left out$/);
  expect(shown[0]!.length).toBeLessThan(200);
  expect(shown[1]).toBe('column  x: Float32, 1 column of the matrix');
});
