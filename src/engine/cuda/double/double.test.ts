import { mkdtempSync, rmSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Device } from '../../engine.js';
import { CudaEngine } from '../engine.js';
import { loadLibrary } from '../library.js';
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
    beforeAll(async () => {
      device = await new CudaEngine(() => loadLibrary([library]), freemem).open(0);
    });
    afterAll(async () => device[Symbol.asyncDispose]());

    it.each(CASES)('$name', ({ run }) => run(device));
  },
);
