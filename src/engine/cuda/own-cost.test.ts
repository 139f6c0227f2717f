import { freemem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { Orders } from '../../plan/order.js';
import { STRATEGIES } from '../../words.js';
import type { CallName } from './declarations.js';
import { CudaEngine } from './engine.js';
import type { Library } from './library.js';
import { callsPerStep, OwnCost } from './own-cost.js';
import { MemoryLibrary } from './testing/memory-library.js';
import { strategyOf } from './testing/on-device.js';
import { datasetOf, planOf } from './testing/verify.js';

describe('callsPerStep', () => {
  it.each(STRATEGIES)('equals the calls that steps of %s make, in every kind of epoch', async (name) => {
    const library = new MemoryLibrary();
    const device = await new CudaEngine(async () => library, freemem).open(0);
    const strategy = strategyOf(name);
    let kinds = 0;
    for (const sampling of ['slice', 'gather'] as const) {
      for (const fetch of ['step', 'epoch'] as const) {
        for (const readback of ['mapped', 'copy'] as const) {
          for (const batch of [1, 3, 6, 11]) {
            const kind = { sampling, fetch, readback, batch: [batch] };
            const dataset = datasetOf('float32', 11, 5);
            const plan = planOf(dataset, kind);
            if (device.supports(strategy, plan) !== 'yes') continue;
            const session = await device.prepare(dataset, plan, strategy);
            await session.setup();
            const before = new Map(library.calls);
            const { order, from, to } = new Orders(plan).stretch(0, plan.stepsPerEpoch);
            session.steps(order, from, to, new Float64Array(plan.stepsPerEpoch));
            const counted: Partial<Record<CallName, number>> = {};
            for (const [call, count] of library.calls) {
              const times = count - (before.get(call) ?? 0);
              if (times > 0) counted[call] = times;
            }
            await session[Symbol.asyncDispose]();
            const told = Object.entries(callsPerStep(strategy, plan))
              .filter(([, times]) => times > 0)
              .map(([call, times]) => [call, Math.round(times * plan.stepsPerEpoch * 1e9) / 1e9]);
            expect(Object.fromEntries(told), JSON.stringify(kind)).toEqual(counted);
            kinds += 1;
          }
        }
      }
    }
    expect(kinds).toBe(strategy.loop === 'replay' ? 16 : 32);
    await device[Symbol.asyncDispose]();
  });
});

describe('callsPerStep of an epoch longer than its graph', () => {
  it('counts the replays, and the launches of the remaining steps', () => {
    const plan = planOf({ rows: 100_001, cols: 1, dtype: 'float32' }, { batch: [1], readback: 'copy' });
    const calls = callsPerStep(strategyOf('pin-replay'), plan);
    const perEpoch = Object.fromEntries(
      Object.entries(calls).map(([name, times]) => [name, Math.round(times * plan.stepsPerEpoch)]),
    );
    expect(perEpoch).toMatchObject({
      ...{ cuMemcpyHtoDAsync_v2: 26, cuMemcpyDtoHAsync_v2: 26, cuStreamSynchronize: 26 },
      ...{ cuGraphLaunch: 25, cuLaunchKernel: 1 },
    });
  });
});

describe('OwnCost', () => {
  const dataset = datasetOf('float32', 2000, 1);

  it('times a harmless replacement of each call of a step once, and never the call itself', () => {
    const library = new MemoryLibrary();
    const asked: CallName[] = [];
    const spied: Library = {
      path: library.path,
      call: library.call,
      describe: (status) => library.describe(status),
      view: (address, bytes) => library.view(address, bytes),
      address: (array) => library.address(array),
      harmless: (name) => {
        asked.push(name);
        return library.harmless();
      },
    };
    const cost = new OwnCost(spied);
    const plan = planOf(dataset, { batch: [2] });
    const pin = cost.perStepNs(strategyOf('pin'), plan);
    expect(pin).toBeGreaterThan(0);
    expect(cost.perStepNs(strategyOf('pin'), plan)).toBe(pin);
    expect(cost.perStepNs(strategyOf('feed'), plan)).toBeGreaterThan(pin);
    expect(asked.sort()).toEqual(['cuLaunchKernel', 'cuMemcpyHtoDAsync_v2', 'cuStreamSynchronize']);
    expect(library.calls.size).toBe(0);
  });

  it('divides the few calls of a replay among its steps', async () => {
    const device = await new CudaEngine(async () => new MemoryLibrary(), freemem).open(0);
    const plan = planOf(dataset, { batch: [2] });
    const [pin, replay] = (['pin', 'pin-replay'] as const).map((name) =>
      device.callsNsPerStep!(strategyOf(name), plan),
    );
    expect(replay!).toBeGreaterThan(0);
    expect(replay!).toBeLessThan(pin! / 10);
    await device[Symbol.asyncDispose]();
  });
});
