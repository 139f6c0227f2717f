import { mkdtempSync, rmSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '../../engine.js';
import { CudaEngine } from '../engine.js';
import { type Library, loadLibrary } from '../library.js';
import { STEP_CALLS } from '../own-cost.js';
import { buildDouble } from '../testing/double.js';
import { CASES } from '../testing/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'pinbench-double-'));
const missing = buildDouble(folder);
const library = join(folder, 'libcuda.so.1');
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(missing !== undefined)(
  `the shipped PTX, on the software driver${missing ? `: skipped, ${missing}` : ''}`,
  () => {
    let device: Device;
    let loaded: Library;
    beforeAll(async () => {
      loaded = await loadLibrary([library]);
      device = await new CudaEngine(async () => loaded, freemem).open(0);
    });
    afterAll(async () => device[Symbol.asyncDispose]());

    // The documentation of the driver leaves open when a copy from pageable memory reads it.
    describe.each(['at-once', 'deferred'])('with pageable memory read %s', (reading) => {
      beforeAll(() => {
        process.env.PINBENCH_DOUBLE_PAGEABLE = reading;
      });
      afterAll(() => {
        delete process.env.PINBENCH_DOUBLE_PAGEABLE;
      });

      it.each(CASES)('$name', ({ run }) => run(device));
    });

    it.each(STEP_CALLS)(
      '%s has a harmless twin, which writes the version of the driver and no more',
      (name) => {
        const [version, room] = [new Int32Array(1), new Int32Array(32).fill(-1)];
        expect(loaded.call.cuDriverGetVersion(version)).toBe(0);
        const at = loaded.address(room);
        expect(loaded.harmless(name)(at, ...Array.from({ length: 10 }, () => 1))).toBe(0);
        expect([...room]).toEqual([version[0], ...Array.from({ length: 31 }, () => -1)]);
      },
    );
  },
);
