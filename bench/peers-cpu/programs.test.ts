import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { BATCHES, Job, STRATEGIES } from './job.js';
import { TFJS } from './programs.js';

const NPY_HEADER_BYTES = 128;
const folder = mkdtempSync(join(tmpdir(), 'pinbench-peers-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('finds the one mini-batch whose sum is wrong, in every batch size and strategy', async () => {
  const job = await Job.write(folder, 16_384, 2);
  // The job keeps the references of the numbers that it wrote.
  const file = readFileSync(job.data);
  file.writeFloatLE(1e4, NPY_HEADER_BYTES);
  writeFileSync(job.data, file);
  const outcome = TFJS.run(job);
  expect(outcome).toMatchObject({ version: expect.stringContaining('TensorFlow.js') });
  const found = 'timings' in outcome ? outcome.timings : [];
  expect(found.map(({ batch, strategy, wrong }) => ({ batch, strategy, wrong }))).toEqual(
    BATCHES.flatMap((batch) => STRATEGIES.map((strategy) => ({ batch, strategy, wrong: 1 }))),
  );
  expect(found.every(({ stepNs }) => stepNs > 0)).toBe(true);
});
