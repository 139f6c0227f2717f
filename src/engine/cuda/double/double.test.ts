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
import { CASES } from '../testing/suite.js';
import { datasetOf, VerifiedSession } from '../testing/verify.js';

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

    describe('the parts of a step, clocked behind a gate', () => {
      afterEach(() => {
        delete process.env.PINBENCH_DOUBLE_PAGEABLE;
      });

      /** Looks at the parts of four steps, and runs an epoch after it, which must be right. */
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

      it.each(['slice', 'gather'] as const)('are told of %s where no copy waits', async (sampling) => {
        process.env.PINBENCH_DOUBLE_PAGEABLE = 'deferred';
        for (const name of ['feed', 'pin', 'feed-locked', 'zero-copy'] as const) {
          expect(await phasesOf(name, 5, sampling), name).toEqual(told);
        }
      });

      it('are not told of long copies from pageable memory, which wait for the gate', async () => {
        const reason = 'copies of over 64.0 KiB from pageable memory wait for what is queued before them';
        expect(await phasesOf('feed', 8192)).toEqual(told);
        process.env.PINBENCH_DOUBLE_PAGEABLE = 'waits';
        expect(await phasesOf('feed', 8193)).toEqual({ reason });
        expect(await phasesOf('feed-locked', 8193)).toEqual(told);
      });

      it('are not told where a copy waits all the same: the gate gives up', async () => {
        process.env.PINBENCH_DOUBLE_PAGEABLE = 'waits';
        const reason = 'a step could not be queued as a whole before the device ran it';
        expect(await phasesOf('feed', 5)).toEqual({ reason });
        process.env.PINBENCH_DOUBLE_PAGEABLE = 'at-once';
        expect(await phasesOf('feed', 5)).toEqual(told);
      });
    });

    it.each(DTYPES)('a gate of %s that nobody opens gives up by itself', (dtype) => {
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
