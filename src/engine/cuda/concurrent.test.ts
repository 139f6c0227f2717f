import { freemem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { Orders, sliceOrder } from '../../plan/order.js';
import { STRATEGIES, type StrategyName } from '../../words.js';
import { CudaEngine } from './engine.js';
import type { NvmlCalls } from './nvml.js';
import { MemoryLibrary } from './testing/memory-library.js';
import { datasetOf, VerifiedSession } from './testing/verify.js';

const dataset = datasetOf('float32', 11, 5);

/** An NVML that counts calls of nvmlInit and nvmlShutdown; `hasDevice` says whether it finds the device. */
function countingNvml(hasDevice: boolean) {
  const counts = { started: 0, ended: 0 };
  const calls: NvmlCalls = {
    nvmlInit_v2: () => {
      counts.started += 1;
      return 0;
    },
    nvmlShutdown: () => {
      counts.ended += 1;
      return 0;
    },
    nvmlDeviceGetHandleByPciBusId_v2: () => (hasDevice ? 0 : 6),
  };
  return { counts, calls };
}

describe('two runs of one process', () => {
  it.each([
    ['one device', 0],
    ['two devices', 1],
  ] as const)("on %s do not disturb each other's context", async (_, other) => {
    const library = new MemoryLibrary({ devices: 2 });
    const engine = new CudaEngine(async () => library, freemem);
    const [first, second] = [await engine.open(0), await engine.open(other)];
    const prepare = (name: StrategyName) =>
      Promise.all([first, second].map((device) => VerifiedSession.prepare(device, dataset, name)));
    for (const name of STRATEGIES) {
      const sessions = await prepare(name);
      for (const session of sessions) await session.setup();
      for (const session of sessions) await session.epoch(new Orders(session.plan), 0);
      for (const session of sessions) await session[Symbol.asyncDispose]();
    }
    const floor = second.floor!();
    const [gone, left] = await prepare('pin');
    await gone![Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    expect(second.freeBytes!()).toBeGreaterThan(0);
    await left!.setup();
    await left!.epoch(new Orders(left!.plan), 0);
    floor.steps(sliceOrder(new Int32Array(2)), 0, 2, new Float64Array(2));
    await left![Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
    expect(library.live).toBe(0);
  });

  it.each([
    ['one device', 0],
    ['two devices', 1],
  ] as const)(
    'on %s copy one dataset from the kind of memory that each strategy requires',
    async (_, other) => {
      const library = new MemoryLibrary({ devices: 2 });
      const engine = new CudaEngine(async () => library, freemem);
      const devices = [await engine.open(0), await engine.open(other)] as const;
      const own = datasetOf('float32', 40, 100);
      /** The kinds of host memory from which an epoch copies to the device. */
      const copiedBy = async (session: VerifiedSession) => {
        const before = { ...library.copied };
        await session.epoch(new Orders(session.plan), 0);
        const kinds = Object.keys(before) as (keyof typeof before)[];
        return kinds.filter((kind) => library.copied[kind] > before[kind]);
      };
      const LOCKED = ['feed-locked', 'feed-ahead', 'zero-copy'] as const;
      for (const [feeding, locking] of [devices, devices.toReversed()]) {
        for (const name of LOCKED) {
          // The first session uses the dataset's own memory until it is disposed.
          const feed = await VerifiedSession.prepare(feeding!, own, 'feed');
          const locked = await VerifiedSession.prepare(locking!, own, name);
          expect([name, await copiedBy(feed)]).toEqual([name, ['pageable']]);
          if (name !== 'zero-copy') expect(await copiedBy(locked)).toEqual(['page-locked']);
          await feed[Symbol.asyncDispose]();
          await locked[Symbol.asyncDispose]();
          const first = await VerifiedSession.prepare(locking!, own, name);
          const second = await VerifiedSession.prepare(feeding!, own, 'feed');
          const third = await VerifiedSession.prepare(feeding!, own, 'feed-locked');
          if (name !== 'zero-copy') expect(await copiedBy(first)).toEqual(['registered']);
          expect([name, await copiedBy(second)]).toEqual([name, ['pageable']]);
          expect(await copiedBy(third)).toEqual(['page-locked']);
          for (const session of [first, second, third]) await session[Symbol.asyncDispose]();
        }
      }
      // Closing a device with open sessions frees their memory too.
      await VerifiedSession.prepare(devices[0], own, 'zero-copy');
      await VerifiedSession.prepare(devices[0], own, 'feed');
      await devices[0][Symbol.asyncDispose]();
      const last = await VerifiedSession.prepare(devices[1], own, 'feed-locked');
      expect(await copiedBy(last)).toEqual(['registered']);
      await last[Symbol.asyncDispose]();
      await devices[1][Symbol.asyncDispose]();
    },
  );

  it('shut NVML down as often as they initialize it, whatever fails and however often they close', async () => {
    for (const hasDevice of [true, false]) {
      const { counts, calls } = countingNvml(hasDevice);
      const library = new MemoryLibrary();
      const engine = new CudaEngine(
        async () => library,
        freemem,
        async () => calls,
      );
      const [first, second] = [await engine.open(0), await engine.open(0)];
      await first[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
      expect(counts.started - counts.ended).toBe(hasDevice ? 1 : 0);
      await second[Symbol.asyncDispose]();
      library.fail('cuDevicePrimaryCtxRetain', 1, 46);
      await expect(engine.open(0)).rejects.toMatchObject({ status: 46 });
      expect(counts.ended).toBe(counts.started);
    }
  });
});
