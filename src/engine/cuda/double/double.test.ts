import { mkdtempSync, rmSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Orders } from '../../../plan/order.js';
import { DTYPES, type StrategyName } from '../../../words.js';
import type { Device } from '../../engine.js';
import { Context } from '../context.js';
import { Driver } from '../driver.js';
import { CudaEngine } from '../engine.js';
import { Gate } from '../gate.js';
import { type Library, loadLibrary } from '../library.js';
import { STEP_CALLS } from '../own-cost.js';
import { buildDouble } from '../testing/double.js';
import { datasetOf, VerifiedSession } from '../testing/verify.js';

const folder = mkdtempSync(join(tmpdir(), 'pinbench-double-'));
const missing = buildDouble(folder);
const library = join(folder, 'libcuda.so.1');
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(missing !== undefined)(
  `the gate and the driver's calls, on the software driver${missing ? `: skipped, ${missing}` : ''}`,
  () => {
    let device: Device;
    let loaded: Library;
    beforeAll(async () => {
      loaded = await loadLibrary([library]);
      device = await new CudaEngine(async () => loaded, freemem).open(0);
    });
    afterAll(async () => device[Symbol.asyncDispose]());

    describe('timing the parts of a step behind a gate', () => {
      afterEach(() => {
        delete process.env.PINBENCH_DOUBLE_PAGEABLE;
      });

      /** Times the parts of four steps, then verifies an epoch. */
      const phasesOf = async (name: StrategyName, cols: number, sampling: 'slice' | 'gather' = 'slice') => {
        const dataset = datasetOf('float32', 11, cols);
        const kind = { sampling, batch: [2] };
        await using verified = await VerifiedSession.prepare(device, dataset, name, kind);
        await verified.setup();
        const orders = new Orders(verified.plan);
        const phases = verified.session.phases!(orders.stretch(0, 4).order, 0, 4);
        await verified.epoch(orders, 0);
        return phases;
      };
      const told = { copy: expect.any(Number), graph: expect.any(Number), fetch: expect.any(Number) };

      it.each(['slice', 'gather'] as const)(
        'succeeds for %s if no copy waits for the gate',
        async (sampling) => {
          process.env.PINBENCH_DOUBLE_PAGEABLE = 'deferred';
          for (const name of ['feed', 'pin', 'feed-locked', 'zero-copy'] as const) {
            expect(await phasesOf(name, 5, sampling), name).toEqual(told);
          }
        },
      );

      it('is not attempted for long copies from pageable memory, which wait for the gate', async () => {
        const reason = 'copies of over 64.0 KiB from pageable memory wait for previously queued work';
        expect(await phasesOf('feed', 8192)).toEqual(told);
        process.env.PINBENCH_DOUBLE_PAGEABLE = 'waits';
        expect(await phasesOf('feed', 8193)).toEqual({ reason });
        expect(await phasesOf('feed-locked', 8193)).toEqual(told);
      });

      it('fails with a reason if a copy waits nevertheless, because the gate gives up', async () => {
        process.env.PINBENCH_DOUBLE_PAGEABLE = 'waits';
        const reason = 'the device started a step before all its work was queued';
        expect(await phasesOf('feed', 5)).toEqual({ reason });
        process.env.PINBENCH_DOUBLE_PAGEABLE = 'at-once';
        expect(await phasesOf('feed', 5)).toEqual(told);
      });
    });

    it.each(DTYPES)('gives up a gate of %s that is never opened', (dtype) => {
      const driver = new Driver(loaded, freemem);
      const context = new Context(driver, 0);
      const gate = new Gate(context, context.kernels(dtype));
      try {
        gate.close();
        driver.do('cuStreamSynchronize', context.stream);
        expect(gate.gaveUp).toBe(true);
        gate.close();
        gate.open();
        driver.do('cuStreamSynchronize', context.stream);
        expect(gate.gaveUp).toBe(false);
      } finally {
        gate.free();
        context.close();
      }
    });

    it.each(STEP_CALLS)('offers a harmless replacement of %s that writes only the driver version', (name) => {
      const [version, room] = [new Int32Array(1), new Int32Array(32).fill(-1)];
      expect(loaded.call.cuDriverGetVersion(version)).toBe(0);
      const at = loaded.address(room);
      expect(loaded.harmless(name)(at, ...Array.from({ length: 10 }, () => 1))).toBe(0);
      expect([...room]).toEqual([version[0], ...Array.from({ length: 31 }, () => -1)]);
    });
  },
);
