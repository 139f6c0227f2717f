import { beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../data/dataset.js';
import { gatherOrder, Orders, sliceOrder } from '../../plan/order.js';
import { type PlanRequest, plansOf } from '../../plan/plan.js';
import { strategiesNamed } from '../../plan/strategy.js';
import { settingsOf } from '../../settings.js';
import { STRATEGIES, type StrategyName } from '../../words.js';
import type { Device } from '../engine.js';
import { Reference } from '../reference.js';
import { cpuEngine } from './cpu.js';
import type { Tfjs } from './namespace.js';
import { TfjsSession } from './session.js';

const REQUEST: PlanRequest = settingsOf({ batch: 2, shuffle: 'epoch' });
let tf: typeof import('@tensorflow/tfjs-core');
let device: Device;

beforeAll(async () => {
  device = await cpuEngine.open(0);
  tf = await import('@tensorflow/tfjs-core');
});

const planOf = (rows: number, cols: number, request: Partial<PlanRequest>) =>
  plansOf({ rows, cols, dtype: 'float32' }, { ...REQUEST, ...request }).plans[0]!;

/** 0, 1, 2 and so on. */
const datasetOf = (rows: number, cols: number): Dataset => ({
  ...{ path: 'memory', format: 'npy', dtype: 'float32', rows, cols },
  values: Float32Array.from({ length: rows * cols }, (_, i) => i),
});

async function epochSums(name: StrategyName, rows: number, cols: number, request: Partial<PlanRequest>) {
  const plan = planOf(rows, cols, request);
  const dataset = datasetOf(rows, cols);
  const session = await device.prepare(dataset, plan, strategiesNamed([name])[0]!);
  await session.setup();
  const { order } = new Orders(plan).stretch(0, plan.stepsPerEpoch);
  const out = new Float64Array(plan.stepsPerEpoch);
  await session.steps(order, 0, plan.stepsPerEpoch, out);
  await session[Symbol.asyncDispose]();
  const reference = new Reference(dataset, plan);
  return { out: [...out], expected: [...out.keys()].map((step) => reference.step(order, step).sum) };
}

describe('a tfjs session on the cpu backend', () => {
  it.each(['feed', 'pin', 'feed-chunk'] as const)('sums the example to 8,555 with %s', async (name) => {
    const { out } = await epochSums(name, 10, 3, {});
    expect(out.reduce((a, b) => a + b)).toBe(8555);
  });

  it.each(['feed', 'pin', 'feed-chunk'] as const)(
    'computes every scalar of every kind of epoch with %s',
    async (name) => {
      for (const sampling of ['slice', 'gather'] as const) {
        for (const remainder of ['drop', 'keep'] as const) {
          for (const fetch of ['step', 'epoch'] as const) {
            for (const [work, chunk] of [
              [1, undefined],
              [3, undefined],
              [1, 1],
              [1, 2],
            ] as const) {
              const request = { sampling, remainder, fetch, work: [work], batch: [3], chunk };
              const { out, expected } = await epochSums(name, 11, 2, request);
              expect(out, JSON.stringify(request)).toEqual(expected);
            }
          }
        }
      }
    },
  );

  it.each(['feed', 'pin', 'feed-chunk'] as const)(
    'runs any stretch of an order with %s, and writes only its scalars',
    async (name) => {
      for (const sampling of ['slice', 'gather'] as const) {
        for (const fetch of ['step', 'epoch'] as const) {
          const plan = planOf(11, 2, { sampling, fetch, remainder: 'keep' });
          const dataset = datasetOf(11, 2);
          const session = await device.prepare(dataset, plan, strategiesNamed([name])[0]!);
          await session.setup();
          const reference = new Reference(dataset, plan);
          const { order } = new Orders(plan).stretch(0, plan.stepsPerEpoch);
          for (const [from, to] of [
            [0, 1],
            [0, 6],
            [2, 5],
            [5, 6],
            [3, 3],
          ] as const) {
            const out = new Float64Array(8).fill(-1);
            await session.steps(order, from, to, out);
            const expected = Array.from({ length: 8 }, (_, k) =>
              from + k < to ? reference.step(order, from + k).sum : -1,
            );
            expect([...out], `${sampling} ${fetch} ${from} ${to}`).toEqual(expected);
          }
          await session[Symbol.asyncDispose]();
        }
      }
    },
  );

  it('stacks the scalars of an epoch, but at most 65,536, and refuses a longer call', async () => {
    for (const [rows, fetch, expected] of [
      [11, 'step', undefined],
      [11, 'epoch', 11],
      [70_000, 'epoch', 65_536],
    ] as const) {
      const plan = planOf(rows, 1, { fetch, batch: [1] });
      const session = await device.prepare(datasetOf(rows, 1), plan, strategiesNamed(['feed'])[0]!);
      expect(session.maxSteps).toBe(expected);
      if (expected === undefined) continue;
      const order = sliceOrder(new Int32Array(expected + 1));
      expect(() => session.steps(order, 0, expected + 1, new Float64Array(1))).toThrow(/in one call/);
    }
  });

  it('uploads the changed dataset when it is set up again, and keeps only one tensor of it', async () => {
    const plan = planOf(10, 3, {});
    const dataset = datasetOf(10, 3);
    const before = tf.memory().numTensors;
    const session = await device.prepare(dataset, plan, strategiesNamed(['pin'])[0]!);
    await session.setup();
    dataset.values[0] = 100;
    await session.setup();
    expect(tf.memory().numTensors).toBe(before + 1);
    const out = new Float64Array(1);
    await session.steps(sliceOrder(Int32Array.of(0)), 0, 1, out);
    expect(out[0]).toBe(100 ** 2 + 1 + 4 + 9 + 16 + 25);
    await session[Symbol.asyncDispose]();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(['feed', 'pin'] as const)(
    'leaks no tensor with %s: their number is constant over epochs, and none is left after disposal',
    async (name) => {
      for (const sampling of ['slice', 'gather'] as const) {
        for (const fetch of ['step', 'epoch'] as const) {
          const plan = planOf(64, 4, { sampling, fetch, work: [2] });
          const before = tf.memory();
          const session = await device.prepare(datasetOf(64, 4), plan, strategiesNamed([name])[0]!);
          expect(tf.memory().numTensors).toBe(before.numTensors);
          await session.setup();
          const resident = tf.memory();
          expect(resident.numTensors - before.numTensors).toBe(name === 'pin' ? 1 : 0);
          expect(resident.numBytes - before.numBytes).toBe(name === 'pin' ? 64 * 4 * 4 : 0);
          const [orders, out] = [new Orders(plan), new Float64Array(plan.stepsPerEpoch)];
          for (let at = 0; at < 20 * plan.stepsPerEpoch; ) {
            const { order, from, to } = orders.stretch(at, 7);
            session.steps(order, from, to, out);
            at += to - from;
          }
          expect(tf.memory()).toMatchObject({ numTensors: resident.numTensors, numBytes: resident.numBytes });
          await session[Symbol.asyncDispose]();
          expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
        }
      }
    },
  );

  it('makes one tensor from a view per step of feed, and slices the resident tensor per step of pin', async () => {
    const plan = planOf(10, 3, { shuffle: 'none', work: [2] });
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
      session.steps(sliceOrder(Int32Array.of(3)), 0, 1, new Float64Array(1));
      perStep[strategy.name] = [...calls];
      await session[Symbol.asyncDispose]();
    }
    const graphTwice = ['square', 'sum', 'square', 'sum'];
    expect(perStep).toEqual({
      feed: ['tensor of 6, a view', ...graphTwice],
      pin: ['slice at 6,0 of 2,-1', ...graphTwice],
    });
  });

  it('makes pin unavailable if the device has no room for the dataset, but not after any other error', async () => {
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

  it.each([
    [true, 'step'],
    [true, 'epoch'],
    [false, 'step'],
    [false, 'epoch'],
  ] as const)(
    'reports that a step ran out of memory and leaks no tensor (scalars awaited: %s, fetched per %s)',
    async (awaits, fetch) => {
      /** The namespace with one function that throws at its second call. */
      const failing = (name: keyof Tfjs, error: Error): Tfjs => {
        let calls = 0;
        const work = tf[name] as (...args: unknown[]) => unknown;
        const second = (...args: unknown[]) => {
          calls += 1;
          if (calls === 2) throw error;
          return work(...args);
        };
        return { ...tf, [name]: second };
      };
      const oom = new Error('OOM when allocating tensor with shape[2,3]\n  at a stack');
      const range = new RangeError('Array buffer allocation failed');
      const other = new Error('Cannot find kernel');
      for (const sampling of ['slice', 'gather'] as const) {
        for (const name of ['feed', 'pin'] as const) {
          const delivers = name === 'feed' ? 'tensor' : sampling === 'slice' ? 'slice' : 'gather';
          for (const call of [delivers, 'square', 'sum'] as const) {
            for (const error of [oom, range, other]) {
              const plan = planOf(10, 3, { sampling, fetch, work: [2] });
              const values = datasetOf(10, 3).values as Float32Array;
              const before = tf.memory().numTensors;
              const session = new TfjsSession(
                failing(call, error),
                values,
                plan,
                strategiesNamed([name])[0]!,
                awaits,
              );
              await session.setup();
              const order =
                sampling === 'slice'
                  ? sliceOrder(Int32Array.of(0, 1, 2, 3))
                  : gatherOrder(Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7), 2);
              const run = async () => session.steps(order, 0, 4, new Float64Array(4));
              const what = `${sampling} ${name} ${call} ${error.message}`;
              await expect(run(), what).rejects.toMatchObject(
                error === other
                  ? { name: 'Error', message: 'Cannot find kernel' }
                  : {
                      name: 'StrategyUnavailable',
                      message: `a step ran out of memory: ${error.message.split('\n')[0]}`,
                    },
              );
              await session[Symbol.asyncDispose]();
              expect(tf.memory().numTensors, what).toBe(before);
            }
          }
        }
      }
    },
  );

  it('supports feed, pin and feed-chunk, and states a reason for each other strategy', () => {
    const plan = planOf(10, 3, {});
    const support = Object.fromEntries(
      strategiesNamed(STRATEGIES).map((s) => [s.name, device.supports(s, plan)]),
    );
    expect(support).toEqual({
      feed: 'yes',
      pin: 'yes',
      'feed-locked': { reason: 'TensorFlow.js cannot page-lock host memory' },
      'feed-ahead': { reason: 'TensorFlow.js cannot page-lock host memory' },
      'feed-chunk': 'yes',
      'pin-replay': { reason: 'TensorFlow.js cannot record a CUDA graph' },
      'zero-copy': { reason: 'TensorFlow.js cannot page-lock host memory' },
    });
  });

  it('reports that it is not a GPU and does not clock copies', () => {
    expect(device.info.gpu).toBe(false);
    expect(device.clocksCopies).toBe(false);
    expect(device.info.runtime).toMatch(/^TensorFlow\.js 4\.\d+\.\d+, cpu backend$/);
  });

  it('has no second device', async () => {
    await expect(cpuEngine.open(1)).rejects.toMatchObject({ code: 'engine', subject: '--device 1' });
  });
});
