import { mkdtempSync, rmSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Dataset, Values } from '../data/dataset.js';
import { Orders } from '../plan/order.js';
import { type PlanRequest, plansOf } from '../plan/plan.js';
import { strategiesNamed } from '../plan/strategy.js';
import { run } from '../run.js';
import { settingsOf } from '../settings.js';
import { STRATEGIES } from '../words.js';
import { CudaEngine } from './cuda/engine.js';
import { loadLibrary } from './cuda/library.js';
import { buildDouble } from './cuda/testing/double.js';
import type { Device } from './engine.js';
import { Reference } from './reference.js';
import { cpuEngine } from './tfjs/cpu.js';
import { TfjsDevice } from './tfjs/device.js';
import type { Tfjs } from './tfjs/namespace.js';

const [ROWS, COLS] = [60, 7];
const folder = mkdtempSync(join(tmpdir(), 'pinbench-shared-'));
const missing = buildDouble(folder);
afterAll(() => rmSync(folder, { recursive: true }));

/** A dataset whose values are in a SharedArrayBuffer, as a caller of the API may pass it. */
function sharedDataset(): Dataset {
  const shared = new Float32Array(new SharedArrayBuffer(ROWS * COLS * 4));
  for (let i = 0; i < shared.length; i++) shared[i] = i % 13;
  return {
    ...{ path: 'memory', format: 'npy', dtype: 'float32', rows: ROWS, cols: COLS },
    values: shared as unknown as Values,
  };
}

const REQUEST: PlanRequest = settingsOf({ batch: 4, shuffle: 'epoch' });

/** Expects the scalars of the reference from every strategy that the device supports, with both samplings. */
async function mustBeRight(device: Device): Promise<void> {
  const dataset = sharedDataset();
  for (const sampling of ['slice', 'gather'] as const) {
    const plan = plansOf({ rows: ROWS, cols: COLS, dtype: 'float32' }, { ...REQUEST, sampling }).plans[0]!;
    const supported = strategiesNamed(STRATEGIES).filter((s) => device.supports(s, plan) === 'yes');
    expect(supported.map(({ name }) => name)).toEqual(expect.arrayContaining(['feed', 'pin']));
    const reference = new Reference(dataset, plan);
    for (const strategy of supported) {
      const session = await device.prepare(dataset, plan, strategy);
      try {
        await session.setup();
        const { order } = new Orders(plan).stretch(0, plan.stepsPerEpoch);
        const out = new Float64Array(plan.stepsPerEpoch);
        await session.steps(order, 0, plan.stepsPerEpoch, out);
        expect([...out]).toEqual([...out.keys()].map((step) => reference.step(order, step).sum));
      } finally {
        await session[Symbol.asyncDispose]();
      }
    }
  }
}

describe('a dataset in shared memory', () => {
  it('is measured by the cpu engine', async () => {
    const record = await run(sharedDataset(), { engine: 'cpu', batch: 4, epochs: 1, minTimeNs: 0 });
    expect(record.results.map(({ status }) => status)).toEqual(['measured', 'measured']);
    await mustBeRight(await cpuEngine.open(0));
  });

  it.skipIf(missing !== undefined)(
    'gives the right scalars on the cuda engine with the software driver',
    async () => {
      const library = join(folder, 'libcuda.so.1');
      const device = await new CudaEngine(() => loadLibrary([library]), freemem).open(0);
      await mustBeRight(device);
      await device[Symbol.asyncDispose]();
    },
  );

  it('is copied once for a backend that would crash on it', async () => {
    const tf = await import('@tensorflow/tfjs-core');
    const cpu = await cpuEngine.open(0);
    const [given, copies] = [[] as unknown[], new Set<unknown>()];
    const tensor = (...args: Parameters<typeof tf.tensor>) => {
      given.push((args[0] as Float32Array).buffer);
      if (args[2] === 'float32' && (args[0] as Float32Array).buffer.byteLength === ROWS * COLS * 4)
        copies.add((args[0] as Float32Array).buffer);
      return tf.tensor(...args);
    };
    const spied = Object.assign(Object.create(tf), { tensor }) as Tfjs;
    await mustBeRight(new TfjsDevice(spied, cpu.info, { backend: 'cpu', needsUnshared: true }));
    expect(given.filter((buffer) => !(buffer instanceof ArrayBuffer))).toEqual([]);
    expect(copies.size).toBe(1);
    given.length = 0;
    await mustBeRight(new TfjsDevice(spied, cpu.info, { backend: 'cpu' }));
    expect(given.some((buffer) => buffer instanceof SharedArrayBuffer)).toBe(true);
  });
});
