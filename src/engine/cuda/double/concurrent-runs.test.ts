import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../../run.js';
import { surroundingsOfProcess } from '../../../terminal.js';
import { buildDouble } from '../testing/double.js';

const folder = mkdtempSync(join(tmpdir(), 'pinbench-concurrent-'));
const missing = buildDouble(folder);
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(missing !== undefined)(
  `two runs at once on the software driver${missing ? `: skipped, ${missing}` : ''}`,
  () => {
    it('are both complete although one ends long before the other', async () => {
      const surroundings = surroundingsOfProcess();
      const env = {
        ...surroundings.env,
        PINBENCH_CUDA_LIBRARY: join(folder, 'libcuda.so.1'),
        PINBENCH_NVML_LIBRARY: join(folder, 'libnvidia-ml.so.1'),
      };
      const measure = (epochs: number) =>
        run(
          'fixtures/data.npy',
          { engine: 'cuda', strategy: ['feed', 'pin'], batch: 2, epochs, warmup: 0, minTimeNs: 0 },
          { ...surroundings, env },
        );
      const records = await Promise.all([measure(40), measure(1)]);
      for (const { complete, reason, results } of records) {
        expect([complete, reason]).toEqual([true, undefined]);
        expect(results.map(({ status }) => status)).toEqual(results.map(() => 'measured'));
      }
    });
  },
);
