import { beforeAll, describe, expect, it } from 'vitest';
import { datasetOf } from '../../measure/testing/fake-engine.js';
import { Orders } from '../../plan/batches.js';
import { type PlanRequest, planCells } from '../../plan/plan.js';
import { strategiesNamed } from '../../plan/strategy.js';
import { STRATEGIES, type StrategyName } from '../../words.js';
import type { Device } from '../engine.js';
import { Reference } from '../reference.js';
import { cpuEngine } from './cpu.js';
import type { Tfjs } from './namespace.js';
import { TfjsSession } from './session.js';

const REQUEST: PlanRequest = {
  batches: [2],
  works: [1],
  epochs: 1,
  warmup: 0,
  shuffle: 'epoch',
  sampling: 'slice',
  seed: 1,
  remainder: 'drop',
  fetch: 'step',
  readback: 'mapped',
};
let tf: typeof import('@tensorflow/tfjs-core');
let device: Device;

beforeAll(async () => {
  device = await cpuEngine.open(0);
  tf = await import('@tensorflow/tfjs-core');
});

const planOf = (rows: number, cols: number, request: Partial<PlanRequest>) =>
  planCells({ rows, cols, dtype: 'float32' }, { ...REQUEST, ...request })[0]!;

async function epochSums(name: StrategyName, rows: number, cols: number, request: Partial<PlanRequest>) {
  const plan = planOf(rows, cols, request);
  const dataset = datasetOf(rows, cols);
  const session = await device.prepare(dataset, plan, strategiesNamed([name])[0]!);
  await session.setup();
  const order = new Orders(plan).of(0);
  const out = new Float64Array(plan.stepsPerEpoch);
  await session.epoch(order, out);
  await session[Symbol.asyncDispose]();
  const reference = new Reference(dataset, plan);
  return { out: [...out], expected: [...out.keys()].map((step) => reference.step(order, step).sum) };
}

describe('a tfjs session on the cpu backend', () => {
  it.each(['feed', 'pin'] as const)('gives the 8,555 of the example to %s', async (name) => {
    const { out } = await epochSums(name, 10, 3, {});
    expect(out.reduce((a, b) => a + b)).toBe(8555);
  });

  it.each(['feed', 'pin'] as const)('gives every scalar of every kind of epoch to %s', async (name) => {
    for (const sampling of ['slice', 'gather'] as const) {
      for (const remainder of ['drop', 'keep'] as const) {
        for (const fetch of ['step', 'epoch'] as const) {
          for (const work of [1, 3]) {
            const request = { sampling, remainder, fetch, works: [work], batches: [3] };
            const { out, expected } = await epochSums(name, 11, 2, request);
            expect(out, JSON.stringify(request)).toEqual(expected);
          }
        }
      }
    }
  });

  it.each(['feed', 'pin'] as const)(
    'leaves no tensor of %s behind: the count is flat over an epoch, and nothing stays after',
    async (name) => {
      for (const sampling of ['slice', 'gather'] as const) {
        for (const fetch of ['step', 'epoch'] as const) {
          const plan = planOf(64, 4, { sampling, fetch, works: [2] });
          const before = tf.memory();
          const session = await device.prepare(datasetOf(64, 4), plan, strategiesNamed([name])[0]!);
          expect(tf.memory().numTensors).toBe(before.numTensors);
          await session.setup();
          const resident = tf.memory();
          expect(resident.numTensors - before.numTensors).toBe(name === 'pin' ? 1 : 0);
          expect(resident.numBytes - before.numBytes).toBe(name === 'pin' ? 64 * 4 * 4 : 0);
          const [orders, out] = [new Orders(plan), new Float64Array(plan.stepsPerEpoch)];
          for (let epoch = 0; epoch < 20; epoch++) session.epoch(orders.of(epoch), out);
          expect(tf.memory()).toMatchObject({ numTensors: resident.numTensors, numBytes: resident.numBytes });
          await session[Symbol.asyncDispose]();
          expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
        }
      }
    },
  );

  it('does per step what the strategy says: feed makes one tensor from a view, pin slices the resident one', async () => {
    const plan = planOf(10, 3, { shuffle: 'none', works: [2] });
    const dataset = datasetOf(10, 3);
    const calls: string[] = [];
    const spied: Tfjs = {
      ...tf,
      tensor: ((values: Float32Array, ...rest: never[]) => {
        calls.push(
          `tensor of ${values.length}${values.buffer === dataset.values.buffer ? ', a view' : ', a copy'}`,
        );
        return tf.tensor(values, ...rest);
      }) as unknown as Tfjs['tensor'],
      slice: ((x: never, begin: number[], size: number[]) => {
        calls.push(`slice at ${begin} of ${size}`);
        return tf.slice(x, begin, size);
      }) as unknown as Tfjs['slice'],
      square: ((x: never) => {
        calls.push('square');
        return tf.square(x);
      }) as unknown as Tfjs['square'],
      sum: ((x: never) => {
        calls.push('sum');
        return tf.sum(x);
      }) as unknown as Tfjs['sum'],
    };
    const perStep: Record<string, string[]> = {};
    for (const strategy of strategiesNamed(['feed', 'pin'])) {
      const session = new TfjsSession(spied, dataset.values as Float32Array, plan, strategy);
      await session.setup();
      calls.length = 0;
      session.epoch(Int32Array.of(3), new Float64Array(1));
      perStep[strategy.name] = [...calls];
      await session[Symbol.asyncDispose]();
    }
    const graphTwice = ['square', 'sum', 'square', 'sum'];
    expect(perStep).toEqual({
      feed: ['tensor of 6, a view', ...graphTwice],
      pin: ['slice at 6,0 of 2,-1', ...graphTwice],
    });
  });

  it('skips pin where the device has no room for the dataset, and nothing else is taken for that', async () => {
    const plan = planOf(10, 3, {});
    const pin = strategiesNamed(['pin'])[0]!;
    const failing = (message: string): Tfjs => ({
      ...tf,
      slice: (() => {
        throw new Error(`${message}\n  at a stack`);
      }) as unknown as Tfjs['slice'],
    });
    const setUp = async (message: string) => {
      const session = new TfjsSession(failing(message), datasetOf(10, 3).values as Float32Array, plan, pin);
      const before = tf.memory().numTensors;
      const error: unknown = await session.setup().catch((thrown: unknown) => thrown);
      await session[Symbol.asyncDispose]();
      expect(tf.memory().numTensors).toBe(before);
      return error;
    };
    const oom = 'OOM when allocating tensor with shape[10,3] and type float on GPU:0';
    expect(await setUp(oom)).toMatchObject({
      name: 'StrategyUnavailable',
      message: `the dataset does not fit on the device: ${oom}`,
    });
    expect(await setUp('Cannot find kernel')).toMatchObject({ name: 'Error' });
  });

  it('offers feed and pin, and says why not the others', () => {
    const plan = planOf(10, 3, {});
    const support = Object.fromEntries(
      strategiesNamed(STRATEGIES).map((s) => [s.name, device.supports(s, plan)]),
    );
    expect(support).toEqual({
      feed: 'yes',
      pin: 'yes',
      'feed-locked': { reason: 'TensorFlow.js cannot page-lock host memory' },
      'feed-ahead': { reason: 'TensorFlow.js cannot page-lock host memory' },
      'pin-replay': { reason: 'TensorFlow.js cannot record a CUDA graph' },
      'zero-copy': { reason: 'TensorFlow.js cannot page-lock host memory' },
    });
  });

  it('is honest that it is no GPU and does not clock copies', () => {
    expect(device.info.gpu).toBe(false);
    expect(device.clocksCopies).toBe(false);
    expect(device.info.runtime).toMatch(/^TensorFlow\.js 4\.\d+\.\d+, cpu backend$/);
  });

  it('has no second device', async () => {
    await expect(cpuEngine.open(1)).rejects.toMatchObject({ code: 'engine', subject: '--device 1' });
  });
});
