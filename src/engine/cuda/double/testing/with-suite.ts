import { mkdtempSync, rmSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Device } from '../../../engine.js';
import { CudaEngine } from '../../engine.js';
import { loadLibrary } from '../../library.js';
import { buildDouble } from '../../testing/double.js';
import { CASES } from '../../testing/suite.js';

/**
 * Declares the tests of every case of the suite on the software driver. CUDA's documentation leaves open when a copy reads pageable
 * memory: during the call (`at-once`) or when the copy runs (`deferred`). Each is a test file, so that the two run side by side.
 */
export function testSuite(reading: 'at-once' | 'deferred'): void {
  const folder = mkdtempSync(join(tmpdir(), 'pinbench-suite-'));
  const missing = buildDouble(folder);
  afterAll(() => rmSync(folder, { recursive: true }));

  describe.skipIf(missing !== undefined)(
    `the shipped PTX on the software driver, with pageable memory read ${reading}${missing ? `: skipped, ${missing}` : ''}`,
    () => {
      let device: Device;
      beforeAll(async () => {
        process.env.PINBENCH_DOUBLE_PAGEABLE = reading;
        device = await new CudaEngine(() => loadLibrary([join(folder, 'libcuda.so.1')]), freemem).open(0);
      });
      afterAll(async () => {
        await device[Symbol.asyncDispose]();
        delete process.env.PINBENCH_DOUBLE_PAGEABLE;
      });

      it.each(CASES)('$name', ({ run }) => run(device));
    },
  );
}
