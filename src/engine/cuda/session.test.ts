import { describe, expect, it } from 'vitest';
import { Orders, sliceOrder } from '../../plan/order.js';
import type { PlanRequest } from '../../plan/plan.js';
import { STRATEGIES, type StrategyName } from '../../words.js';
import type { Device } from '../engine.js';
import type { CallName } from './declarations.js';
import { recordedSteps } from './replay.js';
import { onDevice, strategyOf } from './testing/on-device.js';
import { datasetOf, planOf, VerifiedSession, verifyOn } from './testing/verify.js';

describe('a CUDA session', () => {
  it('makes exactly the driver calls that its strategy implies', async () => {
    const COUNTED = [
      'cuMemcpyHtoDAsync_v2',
      'cuMemcpyDtoHAsync_v2',
      'cuLaunchKernel',
      'cuGraphLaunch',
      'cuStreamSynchronize',
    ] as const;
    const callsOf = (name: StrategyName, readback: 'mapped' | 'copy') =>
      onDevice(async (device, library) => {
        const dataset = datasetOf('float32', 12, 5);
        const session = await device.prepare(dataset, planOf(dataset, { readback }), strategyOf(name));
        await session.setup();
        const before = COUNTED.map((call) => library.calls.get(call) ?? 0);
        session.steps(sliceOrder(Int32Array.of(2, 0, 1, 3)), 0, 4, new Float64Array(4));
        const after = COUNTED.map((call) => library.calls.get(call) ?? 0);
        await session[Symbol.asyncDispose]();
        return after.map((count, i) => count - before[i]!);
      });
    expect({
      feed: await callsOf('feed', 'mapped'),
      pin: await callsOf('pin', 'mapped'),
      'pin, copied back': await callsOf('pin', 'copy'),
      'feed-locked': await callsOf('feed-locked', 'mapped'),
      'feed-ahead': await callsOf('feed-ahead', 'mapped'),
      'feed-chunk': await callsOf('feed-chunk', 'mapped'),
      'pin-replay': await callsOf('pin-replay', 'mapped'),
      'zero-copy': await callsOf('zero-copy', 'mapped'),
    }).toEqual({
      feed: [4, 0, 4, 0, 4],
      pin: [0, 0, 4, 0, 4],
      'pin, copied back': [0, 4, 4, 0, 4],
      'feed-locked': [4, 0, 4, 0, 4],
      'feed-ahead': [4, 0, 4, 0, 4],
      'feed-chunk': [3, 0, 4, 0, 4],
      'pin-replay': [1, 0, 0, 1, 1],
      'zero-copy': [0, 0, 4, 0, 4],
    });
  });

  it('allocates and records in prepare, and in setup only uploads a resident dataset', async () => {
    for (const name of STRATEGIES) {
      for (const sampling of ['slice', 'gather'] as const) {
        const strategy = strategyOf(name);
        if (strategy.loop === 'replay' && sampling === 'gather') continue;
        await onDevice(async (device, library) => {
          const dataset = datasetOf('float32', 11, 5);
          const session = await device.prepare(dataset, planOf(dataset, { sampling }), strategy);
          expect(library.calls.get('cuMemcpyHtoDAsync_v2')).toBeUndefined();
          const live = library.live;
          for (let setups = 1; setups <= 3; setups++) {
            const before = new Map(library.calls);
            await session.setup();
            const made = [...library.calls].filter(([call, count]) => count !== (before.get(call) ?? 0));
            const upload = ['cuMemcpyHtoDAsync_v2', 'cuStreamSynchronize'];
            expect(made.map(([call]) => call).sort()).toEqual(strategy.resident ? upload : []);
            expect(session.h2dBytes!()).toBe(strategy.resident ? setups * 220 : 0);
            expect(library.live).toBe(live);
          }
          await session[Symbol.asyncDispose]();
        });
      }
    }
  });

  it('times the parts of a step if they run one after another', async () => {
    for (const name of STRATEGIES) {
      for (const fetch of ['step', 'epoch'] as const) {
        await onDevice(async (device) => {
          const dataset = datasetOf('float32', 11, 5);
          await using verified = await VerifiedSession.prepare(device, dataset, name, { fetch });
          await verified.setup();
          const orders = new Orders(verified.plan);
          const { order } = orders.stretch(0, 4);
          const phases = verified.session.phases?.(order, 1, 3);
          const told = phases && Object.entries(phases).map(([part, ns]) => [part, Math.round(ns)]);
          const each = { copy: 1000, graph: 1000, fetch: 1000 };
          const expected = strategyOf(name).loop === 'step' ? each : undefined;
          expect(told && Object.fromEntries(told)).toEqual(expected);
          // Steps must still be right afterwards, although `phases` redirects the scalars.
          await verified.epoch(orders, 0);
        });
      }
    }
  });

  it('offers a floor for every step: an empty launch and a wait', async () => {
    await onDevice(async (device, library) => {
      const floor = device.floor!();
      await floor.setup();
      const count = () =>
        ['cuLaunchKernel', 'cuStreamSynchronize'].map((c) => library.calls.get(c as CallName) ?? 0);
      const [launches, waits] = count();
      const out = new Float64Array(4).fill(Number.NaN);
      floor.steps(sliceOrder(new Int32Array(8)), 5, 8, out);
      expect(count()).toEqual([launches! + 3, waits! + 3]);
      expect([...out]).toEqual([0, 0, 0, Number.NaN]);
      await floor[Symbol.asyncDispose]();
    });
  });

  it('has room for the scalars of an epoch, but at most 2²⁰, and refuses a longer call', async () => {
    await onDevice(async (device) => {
      const short = datasetOf('bool', 12, 1);
      const long = datasetOf('bool', 2 ** 20 + 5, 1);
      const limitsOf = async (dataset: typeof short, name: StrategyName, fetch: 'step' | 'epoch') => {
        const plan = planOf(dataset, { fetch, batch: [1] });
        const session = await device.prepare(dataset, plan, strategyOf(name));
        const order = sliceOrder(new Int32Array(plan.stepsPerEpoch));
        const { maxSteps, stepMultiple } = session;
        if (maxSteps !== undefined && maxSteps < order.steps) {
          const out = new Float64Array(maxSteps + 1);
          expect(() => session.steps(order, 0, maxSteps + 1, out)).toThrow(/in one call/);
        }
        expect(() => session.steps(order, 0, order.steps + 1, new Float64Array(1))).toThrow(
          /not in an order of/,
        );
        await session[Symbol.asyncDispose]();
        return [maxSteps, stepMultiple];
      };
      expect(await limitsOf(short, 'pin', 'step')).toEqual([undefined, undefined]);
      expect(await limitsOf(short, 'pin', 'epoch')).toEqual([12, undefined]);
      expect(await limitsOf(long, 'feed', 'epoch')).toEqual([2 ** 20, undefined]);
      expect(await limitsOf(long, 'feed', 'step')).toEqual([undefined, undefined]);
      expect(await limitsOf(short, 'pin-replay', 'step')).toEqual([undefined, 12]);
      expect(await limitsOf(short, 'pin-replay', 'epoch')).toEqual([12, 12]);
    });
  });

  it('records at most 4,096 steps, and fewer if they read much', () => {
    const recorded = (rows: number, cols: number, batch: number, work = 1) =>
      recordedSteps(planOf({ rows, cols, dtype: 'float32' }, { batch: [batch], work: [work] }));
    expect(recorded(12, 5, 3)).toBe(4);
    expect(recorded(4096, 1, 1)).toBe(4096);
    expect(recorded(4097, 1, 1)).toBe(2048);
    expect(recorded(100_001, 1, 1)).toBe(4000);
    // 4 MiB per step, read 16 times: 256 steps read 16 GiB.
    expect(recorded(2 ** 20, 1024, 1024, 16)).toBe(256);
    expect(recorded(3, 2 ** 28, 1, 1000)).toBe(1);
  });

  it('replays the graph as often as it fits in a call, and launches the remaining steps', async () => {
    await onDevice(async (device, library) => {
      const dataset = datasetOf('float32', 5001, 1);
      await using verified = await VerifiedSession.prepare(device, dataset, 'pin-replay', { batch: [1] });
      await verified.setup();
      expect(verified.session.stepMultiple).toBe(2500);
      const launches = () =>
        ['cuGraphLaunch', 'cuLaunchKernel'].map((call) => library.calls.get(call as CallName) ?? 0);
      const [replays, single] = launches();
      await verified.epoch(new Orders(verified.plan), 0);
      expect(launches()).toEqual([replays! + 2, single! + 1]);
      expect(library.calls.get('cuGraphInstantiateWithFlags')).toBe(1);
    });
  });

  it('replays the graph once per epoch of a call', async () => {
    await onDevice(async (device, library) => {
      const dataset = datasetOf('float32', 12, 5);
      await using verified = await VerifiedSession.prepare(device, dataset, 'pin-replay');
      await verified.setup();
      const { order, from, to } = new Orders(verified.plan).stretch(8, 12);
      expect([from, to]).toEqual([8, 20]);
      await verified.steps(order, from, to);
      expect(library.calls.get('cuGraphLaunch')).toBe(3);
      expect(library.calls.get('cuGraphInstantiateWithFlags')).toBe(1);
    });
  });
});

/** The driver's error at the end of the chain of causes. */
function innermost(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? innermost(error.cause) : error;
}

describe('a strategy that fails', () => {
  const KINDS: readonly Partial<PlanRequest>[] = [
    {},
    { sampling: 'gather', fetch: 'epoch', readback: 'copy' },
    { fetch: 'epoch', readback: 'copy' },
    { sampling: 'gather' },
  ];
  const dataset = datasetOf('float32', 11, 5);

  /** Makes the nth call fail, for n = 1, 2, … until `work` makes fewer calls. Returns how often `work` threw. */
  async function atEachCall(
    call: CallName,
    status: number,
    expected: object,
    work: (device: Device, name: StrategyName, kind: Partial<PlanRequest>) => Promise<void>,
  ): Promise<number> {
    let thrown = 0;
    for (const name of STRATEGIES) {
      for (const kind of KINDS.filter(({ sampling }) => sampling !== 'gather' || name !== 'pin-replay')) {
        await onDevice(async (device, library) => {
          // A loaded module stays loaded, so it is loaded beforehand, unless loading is what has to fail.
          if (!call.startsWith('cuModule')) await verifyOn(device, dataset, 'feed');
          for (let nth = 1, met = true; met; nth++) {
            const live = library.live;
            library.fail(call, nth, status);
            const error: unknown = await work(device, name, kind).catch((e: unknown) => e);
            met = library.mend();
            if (error === undefined) continue;
            thrown += 1;
            expect(error, `${name}, call ${nth}`).toMatchObject(expected);
            expect(innermost(error), `${name}, call ${nth}`).toMatchObject({ call, status });
            expect(library.live, `${name}, call ${nth}`).toBe(live);
            await verifyOn(device, dataset, 'pin');
            await verifyOn(device, dataset, 'feed');
          }
        });
      }
    }
    return thrown;
  }

  it.each([
    ['cuMemHostAlloc', 304],
    ['cuMemHostAlloc', 801],
    ['cuMemHostAlloc', 2],
    ['cuMemHostGetDevicePointer_v2', 1],
    ['cuMemAlloc_v2', 2],
    ['cuMemsetD8Async', 1],
    ['cuStreamCreate', 2],
    ['cuStreamBeginCapture_v2', 900],
    ['cuLaunchKernel', 701],
    ['cuStreamEndCapture', 901],
    ['cuGraphInstantiateWithFlags', 801],
    ['cuGraphInstantiateWithFlags', 2],
    ['cuEventCreate', 2],
    ['cuStreamSynchronize', 1],
    ['cuModuleLoadDataEx', 2],
    ['cuModuleGetFunction', 500],
  ] as const)(
    'in prepare, because %s returns %i, leaks nothing and does not affect the others',
    async (call, status) => {
      const expected = { name: 'StrategyUnavailable' };
      const thrown = await atEachCall(call, status, expected, async (device, name, kind) => {
        const session = await device.prepare(dataset, planOf(dataset, kind), strategyOf(name));
        await session[Symbol.asyncDispose]();
      });
      expect(thrown).toBeGreaterThan(0);
    },
  );

  it.each([
    ['cuMemcpyHtoDAsync_v2', 1],
    ['cuMemcpyHtoDAsync_v2', 2],
    ['cuMemcpyDtoHAsync_v2', 1],
    ['cuLaunchKernel', 701],
    ['cuLaunchKernel', 2],
    ['cuGraphLaunch', 2],
    ['cuStreamSynchronize', 2],
    ['cuStreamWaitEvent', 400],
    ['cuEventRecord', 400],
    ['cuEventSynchronize', 400],
  ] as const)(
    'in setup or steps, because %s returns %i, leaks nothing once it is disposed',
    async (call, status) => {
      const expected = status === 2 ? { name: 'StrategyUnavailable' } : {};
      const thrown = await atEachCall(call, status, expected, async (device, name, kind) => {
        const plan = planOf(dataset, kind);
        const session = await device.prepare(dataset, plan, strategyOf(name));
        try {
          await session.setup();
          const { order, from, to } = new Orders(plan).stretch(0, plan.stepsPerEpoch);
          session.steps(order, from, to, new Float64Array(plan.stepsPerEpoch));
        } finally {
          await session[Symbol.asyncDispose]();
        }
      });
      expect(thrown).toBeGreaterThan(0);
    },
  );
});
